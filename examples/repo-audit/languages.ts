import { basename, extname } from 'node:path'

/** How a language writes its comments: `//` and slash-star, `#`, `--`, or none that the lexer knows. */
export type CommentStyle = 'slash' | 'hash' | 'dash' | 'none'

export interface Language {
  readonly name: string
  /** Program text, as against data and prose: only code is compared for duplicates. */
  readonly code: boolean
  readonly comments: CommentStyle
  /** Whether the complexity analyser has a parser for it. */
  readonly parsed: boolean
}

const language = (name: string, comments: CommentStyle, parsed = false): Language => ({
  name,
  code: true,
  comments,
  parsed,
})
const prose = (name: string): Language => ({ name, code: false, comments: 'none', parsed: false })

const javascript = language('JavaScript', 'slash', true)
const typescript = language('TypeScript', 'slash', true)
const c = language('C', 'slash')
const cpp = language('C++', 'slash')
const shell = language('Shell', 'hash')
const other = prose('Other text')

const byExtension: Readonly<Record<string, Language>> = {
  '.js': javascript,
  '.mjs': javascript,
  '.cjs': javascript,
  '.jsx': javascript,
  '.ts': typescript,
  '.mts': typescript,
  '.cts': typescript,
  '.tsx': typescript,
  '.c': c,
  '.h': c,
  '.cc': cpp,
  '.cpp': cpp,
  '.hpp': cpp,
  '.cs': language('C#', 'slash'),
  '.java': language('Java', 'slash'),
  '.kt': language('Kotlin', 'slash'),
  '.swift': language('Swift', 'slash'),
  '.go': language('Go', 'slash'),
  '.rs': language('Rust', 'slash'),
  '.php': language('PHP', 'slash'),
  '.scala': language('Scala', 'slash'),
  '.css': language('CSS', 'slash'),
  '.scss': language('SCSS', 'slash'),
  '.less': language('Less', 'slash'),
  '.vue': language('Vue', 'slash'),
  '.svelte': language('Svelte', 'slash'),
  '.py': language('Python', 'hash'),
  '.rb': language('Ruby', 'hash'),
  '.pl': language('Perl', 'hash'),
  '.r': language('R', 'hash'),
  '.sh': shell,
  '.bash': shell,
  '.zsh': shell,
  '.sql': language('SQL', 'dash'),
  '.lua': language('Lua', 'dash'),
  '.html': prose('HTML'),
  '.xml': prose('XML'),
  '.svg': prose('SVG'),
  '.json': prose('JSON'),
  '.jsonl': prose('JSON'),
  '.map': prose('Source map'),
  '.yml': prose('YAML'),
  '.yaml': prose('YAML'),
  '.toml': prose('TOML'),
  '.md': prose('Markdown'),
  '.mdx': prose('Markdown'),
  '.csv': prose('CSV'),
}

/** The language of a file, by the end of its name. */
export function languageOf(name: string): Language {
  return byExtension[extname(basename(name)).toLowerCase()] ?? other
}
