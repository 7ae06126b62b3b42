import { isSecretKey } from './secret-keys.ts'

export const mask = '[redacted]'

/**
 * Credentials that tell themselves by their shape. Every repetition is bounded, or ends at what cannot be repeated, so
 * that a hostile text costs no more than its length. Sources: the issuers' documentation of their prefixes.
 */
const shapes: readonly RegExp[] = [
  // A key without an end goes to the end of the text: looking for one from each beginning would be quadratic.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  /(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[\w-]{20,255}|(?:sk|pk|rk)-[A-Za-z0-9_-]{16,255}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{16,255}|xox[abeprs]-[A-Za-z0-9-]{10,255}|xapp-[A-Za-z0-9-]{10,255}|AIza[\w-]{35}|ya29\.[\w-]{20,255}|npm_[A-Za-z0-9]{30,255}|pypi-[\w-]{30,255}|hf_[A-Za-z0-9]{20,255}|SG\.[\w-]{16,64}\.[\w-]{16,64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|dop_v1_[a-f0-9]{64}|AGE-SECRET-KEY-1[A-Z0-9]{58})/g,
  /(?<![A-Za-z0-9_-])eyJ[\w-]{5,4000}\.[\w-]{2,8000}\.[\w-]{0,2000}/g,
]

/** After the scheme: `Bearer …`, and `Basic …` if it cannot be a word. */
const schemes =
  /\b(bearer\s{1,8})[^\s"',;\\]{4,8000}|\b(basic\s{1,8})(?=[A-Za-z]{0,200}[0-9+/=])[A-Za-z0-9+/]{6,4000}={0,2}/gi

/** `scheme://user:password@host`; a password may have an @ or a colon in it. */
const urlPassword = /(:\/\/[^\s/@:?#"'<>]{0,256}:)[^\s/?#"'<>]{1,1024}@/g

/** A token that stands in the place of the user: `https://token@host`. */
const urlUser = /(\bhttps?:\/\/)[^\s/@:?#"'<>]{1,1024}@/gi

/** `name=`, `name: `, `"name":`, also inside of a string inside of a string (`\\"name\\":`); `--name ` of a command line. */
const names =
  /(?<![A-Za-z0-9_.-])(?:([A-Za-z0-9_.-]{2,128})\\{0,64}["']?\s{0,8}(?:=>|[=:])\s{0,8}|--([A-Za-z0-9-]{2,64})\s{1,8}(?!-))/g

/** What a name stands for: up to the closing quote, or to what ends a bare value. */
const values =
  /(\\{1,64})"(?:(?!(?<!\\)\1")[\s\S]){0,8000}(?:\1")?|"(?:\\[\s\S]|[^"\\]){0,8000}"?|'(?:\\[\s\S]|[^'\\]){0,8000}'?|[^\s&;,"'(){}[\]\\]{1,8000}/y

/** Nothing, yes and no tell nothing, and a variable's name is not its value. */
const tellsNothing = /^(?:null|undefined|none|true|false|""|''|\[redacted\]|\$.*)$/i

/** The headers whose value goes to the end of the line. */
const lineHeaders = /(?<![A-Za-z0-9-])((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,8}:\s{0,8})[^\r\n"'\\]{1,8000}/gi

/** Masks what secret-sounding names stand for. What other names stand for is looked into. */
function maskPairs(text: string): string {
  let clean = ''
  let done = 0
  names.lastIndex = 0
  for (let found = names.exec(text); found; found = names.exec(text)) {
    if (!isSecretKey(found[1] ?? found[2] ?? '')) continue
    values.lastIndex = names.lastIndex
    const value = values.exec(text)?.[0]
    if (value === undefined || tellsNothing.test(value)) continue
    const quote = /^\\*["']/.exec(value)?.[0] ?? ''
    clean += `${text.slice(done, names.lastIndex)}${quote}${mask}${quote}`
    done = names.lastIndex + value.length
    names.lastIndex = done
  }
  return clean + text.slice(done)
}

/** Free text without the credentials that can be recognised in it. Takes time in proportion to its length. */
export function redactText(text: string): string {
  if (text.length < 6) return text
  let clean = text
  for (const shape of shapes) clean = clean.replace(shape, mask)
  clean = clean.replace(lineHeaders, `$1$2${mask}`)
  clean = clean.replace(schemes, (_, bearer?: string, basic?: string) => `${bearer ?? basic ?? ''}${mask}`)
  if (clean.includes('://')) clean = clean.replace(urlPassword, `$1${mask}@`).replace(urlUser, `$1${mask}@`)
  return maskPairs(clean)
}
