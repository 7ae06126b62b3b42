import { createHash } from 'node:crypto'

/** The line that says who made a file, and of what text: while the two agree, nobody has changed it. */
const line = /^\/\/ Made by `npx taskwright generate-tests` \(([0-9a-f]{12})\)[^\n]*\r?\n/m

const tokens =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|[\w$]+|[^\s\w$]/g

/** Puts the line below the first line of a file. */
export function imprinted(text: string): string {
  const [first = '', ...rest] = text.split('\n')
  const own = `// Made by \`npx taskwright generate-tests\` (${hashOf(text)}), and made again by it until you change it: then it is yours.`
  return [first, own, ...rest].join('\n')
}

/** Whose a file is: nobody has changed it since the command made it; somebody has; or the command has not made it. */
export function ownerOf(text: string): 'command' | 'person' | 'stranger' {
  const found = line.exec(text)
  if (!found) return 'stranger'
  return found[1] === hashOf(text.replace(line, '')) ? 'command' : 'person'
}

/** Whether two texts differ in more than what a formatter changes. */
export function isSameCode(one: string, other: string): boolean {
  return canonical(one.replace(line, '')) === canonical(other.replace(line, ''))
}

function hashOf(text: string): string {
  return createHash('sha256').update(canonical(text)).digest('hex').slice(0, 12)
}

/** Code without what a formatter decides: space, semicolons, commas at the end of a list, the quotes around a text. */
function canonical(text: string): string {
  const found = text.match(tokens) ?? []
  return found
    .filter((token, index) => token !== ';' && !(token === ',' && /^[)\]}]$/.test(found[index + 1] ?? '')))
    .map((token) => (/^(['"])/.test(token) ? quotedAlike(token) : token.replace(/\s+/g, ' ').trim()))
    .join('\n')
}

function quotedAlike(token: string): string {
  return `"${token
    .slice(1, -1)
    .replace(/\\(['"])/g, '$1')
    .replaceAll('"', '\\"')}"`
}
