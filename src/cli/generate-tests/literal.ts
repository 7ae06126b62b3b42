import type { CodeStyle } from './code-style.ts'

/** The widest line, in characters: what formatters start from. */
export const widest = 80

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export function isIdentifier(name: string): boolean {
  return identifier.test(name)
}

/** A text as code. */
export function textLiteral(text: string, { quote }: CodeStyle): string {
  const inner = JSON.stringify(text).slice(1, -1)
  if (quote === '"' || text.includes("'")) return `"${inner}"`
  return `'${inner.replaceAll('\\"', '"')}'`
}

/**
 * A value as code that makes it again.
 * @param column where it begins in its line
 * @param depth of the line's indentation
 * @returns `null` for what no literal makes, such as an instance of a class
 */
export function literal(value: unknown, style: CodeStyle, depth = 0, column = 0): string | null {
  const flat = flatLiteral(value, style)
  if (flat === null || column + flat.length < widest) return flat
  const parts = partsOf(value, style, depth + 1)
  if (parts === null || parts.length === 0) return flat
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const lines = parts.map((part) => `${style.indent.repeat(depth + 1)}${part},\n`)
  return `${open}\n${lines.join('')}${style.indent.repeat(depth)}${close}`
}

function flatLiteral(value: unknown, style: CodeStyle): string | null {
  if (typeof value === 'string') return textLiteral(value, style)
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : null
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'boolean' || value === null || value === undefined) return String(value)
  if (value instanceof Date && Number.isFinite(value.getTime()))
    return `new Date(${textLiteral(value.toISOString(), style)})`
  const parts = partsOf(value, style, null)
  if (parts === null) return null
  if (Array.isArray(value)) return `[${parts.join(', ')}]`
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

/** Of a list or a plain object; flat, or each as wide as a line allows. */
function partsOf(value: unknown, style: CodeStyle, depth: number | null): string[] | null {
  const part = (of: unknown, label: string) => {
    const column = style.indent.length * (depth ?? 0) + label.length + 1
    const code = depth === null ? flatLiteral(of, style) : literal(of, style, depth, column)
    return code === null ? null : `${label}${code}`
  }
  const parts = Array.isArray(value) ? value.map((item) => part(item, '')) : objectParts(value, style, part)
  return parts?.every((one) => one !== null) ? parts : null
}

function objectParts(value: unknown, style: CodeStyle, part: (of: unknown, label: string) => string | null) {
  if (typeof value !== 'object' || value === null) return null
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value))
  if (!isPlain || Object.hasOwn(value, '__proto__')) return null
  return Object.entries(value).map(([key, of]) => part(of, `${isIdentifier(key) ? key : textLiteral(key, style)}: `))
}
