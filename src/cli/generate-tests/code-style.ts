/** How the module's own code is written, as far as it shows in a small file. */
export interface CodeStyle {
  readonly quote: "'" | '"'
  readonly semicolon: ';' | ''
  readonly indent: string
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** Read from the imports of a module: what is made beside it looks alike. */
export function styleOf(text: string): CodeStyle {
  const imports = text.match(/^.*\bfrom\s*(['"])[^'"]+\1\s*;?\s*$/gm)?.join('\n') ?? ''
  const ended = count(imports, /;\s*$/gm)
  return {
    quote: count(imports, /"/g) > count(imports, /'/g) ? '"' : "'",
    semicolon: ended > count(imports, /\n|$/g) / 2 ? ';' : '',
    indent: /^\t/m.test(text) ? '\t' : '  ',
  }
}
