const secretKey = /pass(word|phrase|wd)?$|secret|token$|api[-_]?key|authori[sz]ation|cookie|credential|private[-_]?key/i

/** Shapes of well-known credentials inside free text: cloud and forge tokens, JWTs, bearer headers, URL passwords. */
const secretText =
  /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|eyJ[\w-]+\.[\w-]+\.[\w-]+)|(?<=bearer )\S+|(?<=:\/\/[^\s:/@]+:)[^\s@/]+(?=@)/gi

const mask = '[redacted]'

/** Free text without the credentials that can be recognised in it. */
export function redactText(text: string): string {
  return text.replace(secretText, mask)
}

/** A copy of plain data in which values under secret-sounding keys, and credentials inside strings, are masked. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  // Neither has a JSON form: a line with one could not be written down.
  if (typeof value === 'bigint') return `${value}`
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (depth > 8) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretKey.test(key) ? mask : redact(inner, depth + 1)]),
  )
}
