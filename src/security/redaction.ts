import { describeThrown } from '../model/errors.ts'
import { isSecretKey } from './secret-keys.ts'
import { mask, redactText } from './secret-text.ts'

/** Makes a text fit to leave. */
export type Scrub = (text: string) => string

/** Longer texts are not looked into for JSON: patterns find what they can. */
const longestJson = 100_000
const deepest = 32
/** What is nested deeper in a text is looked at as text: to write it again would exhaust the stack. */
const deepestJson = 200
const mostParts = 20_000
/** How many places in a text are tried that look like the beginning of JSON: each may cost the rest of the text. */
const mostTries = 16

/** One pass over a value. */
class Pass {
  readonly #scrub: Scrub
  readonly #isSecretKey: (name: string) => boolean
  readonly #above = new Set<object>()
  #parts = 0

  constructor(scrub: Scrub, isSecret: (name: string) => boolean) {
    this.#scrub = scrub
    this.#isSecretKey = isSecret
  }

  clean(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'bigint':
        return `${value}`
      case 'function':
      case 'symbol':
        return `[${typeof value}]`
      case 'object':
        return value === null ? null : this.#object(value)
      default:
        return value
    }
  }

  /** JSON in a text is cleaned as what it says, and the rest as it reads. */
  text(text: string): string {
    if (text.length > longestJson || !/[{[]/.test(text)) return this.#scrub(text)
    if (text.startsWith('"')) {
      const inner = parsedText(text)
      if (inner !== undefined) return JSON.stringify(this.text(inner))
    }
    let clean = ''
    let done = 0
    let tries = 0
    for (let at = startOfJson(text, 0); at >= 0 && tries < mostTries; at = startOfJson(text, Math.max(at + 1, done))) {
      tries += 1
      const end = endOfJson(text, at)
      const json = end < 0 ? '' : text.slice(at, end)
      const read = parsed(json)
      if (read === undefined) continue
      const said = JSON.stringify(this.clean(read))
      clean += this.#scrub(text.slice(done, at)) + (said === JSON.stringify(read) ? json : said)
      done = end
    }
    return clean + this.#scrub(text.slice(done))
  }

  #object(value: object): unknown {
    this.#parts += 1
    if (this.#parts > mostParts) return '[too large]'
    if (this.#above.has(value)) return '[circular]'
    if (this.#above.size >= deepest) return '[too deep]'
    this.#above.add(value)
    try {
      return this.#inside(value)
    } catch (thrown) {
      return `[unreadable: ${this.#scrub(describeThrown(thrown))}]`
    } finally {
      this.#above.delete(value)
    }
  }

  #inside(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof Map) return this.#entries(value.entries())
    if (value instanceof Set) return this.#list([...value])
    if (value instanceof URL) return this.#scrub(value.href)
    if (value instanceof Headers || value instanceof URLSearchParams) return this.#entries(value.entries())
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (value instanceof Error) return this.#error(value)
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return '[hidden]'
    return this.#entries(Object.entries(value))
  }

  /** A name that sounds secret hides what follows it: header lists, command lines, pairs. */
  #list(items: readonly unknown[]): unknown[] {
    let isHidden = false
    return items.map((item) => {
      const clean = isHidden && typeof item === 'string' ? mask : this.clean(item)
      isHidden = !isHidden && typeof item === 'string' && this.#isSecretKey(item)
      return clean
    })
  }

  #error(error: Error): unknown {
    const { name, message, cause } = error
    return {
      name: String(name),
      message: this.#scrub(String(message)),
      ...(cause !== undefined && { cause: this.clean(cause) }),
      ...(error instanceof AggregateError && { errors: this.clean(error.errors) }),
      ...this.#entries(Object.entries(error)),
    }
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>): Record<string, unknown> {
    const list = [...entries]
    const isNamed = this.#isNamedSecret(list)
    return Object.fromEntries(
      list.map(([key, inner]) => {
        const name = typeof key === 'string' ? key : String(this.clean(key))
        const isHidden = this.#isSecretKey(name) || (isNamed && (name === 'value' || name === 'values'))
        return [this.#scrub(name), isHidden && tells(inner) ? mask : this.clean(inner)]
      }),
    )
  }

  /** `{ name: 'Authorization', value: '…' }`, as in archives of requests. */
  #isNamedSecret(entries: readonly (readonly [unknown, unknown])[]): boolean {
    return entries.some(
      ([key, inner]) =>
        (key === 'name' || key === 'key' || key === 'field') && typeof inner === 'string' && this.#isSecretKey(inner),
    )
  }
}

/** Whether hiding the value hides anything. */
function tells(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean' && value !== ''
}

/** What a text says that is a string of JSON. */
function parsedText(text: string): string | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'string' ? read : undefined
  } catch {
    return undefined
  }
}

const starts = /\{|\[(?=\s{0,8}["{[])/g

/** Where an object, or a list of more than numbers, begins in a text; -1: nowhere. */
function startOfJson(text: string, from: number): number {
  starts.lastIndex = from
  return starts.exec(text)?.index ?? -1
}

/** Behind the bracket that closes the one at `at`; -1: none does. */
function endOfJson(text: string, at: number): number {
  let open = 0
  let isString = false
  for (let index = at; index < text.length; index += 1) {
    const character = text[index]
    if (character === '\\' && isString) index += 1
    else if (character === '"') isString = !isString
    else if (isString) continue
    else if (character === '{' || character === '[') {
      open += 1
      if (open > deepestJson) return -1
    } else if (character === '}' || character === ']') {
      open -= 1
      if (open === 0) return index + 1
    }
  }
  return -1
}

function parsed(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? read : undefined
  } catch {
    return undefined
  }
}

/**
 * A copy, as plain data, in which values under secret-sounding names, and credentials inside of texts, are masked: at
 * any depth, in errors and their causes, in maps and headers, in JSON inside of strings. Never throws.
 */
export function redact(
  value: unknown,
  scrub: Scrub = redactText,
  isSecret: (name: string) => boolean = isSecretKey,
): unknown {
  return new Pass(scrub, isSecret).clean(value)
}

/** A text without secrets, also in the JSON that it holds. */
export function redactIn(text: string, scrub: Scrub, isSecret: (name: string) => boolean): string {
  return new Pass(scrub, isSecret).text(text)
}
