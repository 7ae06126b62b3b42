import { parse } from 'secure-json-parse'
import { NonRetryableError } from '../model/errors.ts'

/** Deeper than any message of a handler needs, and shallow enough for everything that walks over values. */
const maxDepth = 64

const quote = 0x22
const backslash = 0x5c

function isOpening(code: number): boolean {
  return code === 0x5b || code === 0x7b
}

function isClosing(code: number): boolean {
  return code === 0x5d || code === 0x7d
}

/** Without recursion and before parsing: nesting costs the sender a byte a level. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (isInString) {
      if (code === backslash) at += 1
      else if (code === quote) isInString = false
    } else if (code === quote) isInString = true
    else if (isOpening(code)) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (isClosing(code)) depth -= 1
  }
  return false
}

/** @throws Error for what is no JSON, is too deep, or would set a prototype */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new Error(`JSON deeper than ${maxDepth} levels`)
  const value: unknown = parse(text, null, { protoAction: 'error', constructorAction: 'error' })
  return value
}

function unfit(value: unknown, path: string, depth: number): string | null {
  if (depth > maxDepth) return `${path} is deeper than ${maxDepth} levels`
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null
    case 'number':
      return Number.isFinite(value) ? null : `${path} is ${value}`
    case 'object':
      break
    default:
      return `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`
  }
  if (value === null) return null
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const problem = unfit(item, `${path}[${index}]`, depth + 1)
      if (problem) return problem
    }
    return null
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `${path} is an instance of a class`
  for (const [key, inner] of Object.entries(value)) {
    // What is absent in JSON is undefined again on the other side.
    const problem = inner === undefined ? null : unfit(inner, `${path}.${key}`, depth + 1)
    if (problem) return problem
  }
  return null
}

/** @throws NonRetryableError for a value that JSON would lose or change, saying where */
export function assertJson(value: unknown, what: string): void {
  const problem = value === undefined ? null : unfit(value, what, 0)
  if (problem !== null)
    throw new NonRetryableError(`${problem}: an isolated handler takes and gives what JSON can hold, and nothing else`)
}
