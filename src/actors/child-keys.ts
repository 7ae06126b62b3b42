import { createHash } from 'node:crypto'
import { encodeValue } from '../store/value-codec.ts'

/** Names the children of an attempt by type, input, and place among those alike: a later attempt gives the same names. */
export class ChildKeys {
  readonly #given = new Map<string, number>()

  next(type: string, input: unknown): string {
    const name = `${type}#${createHash('sha256').update(textOf(input)).digest('base64url').slice(0, 12)}`
    const place = (this.#given.get(name) ?? 0) + 1
    this.#given.set(name, place)
    return `${name}#${place}`
  }
}

function textOf(input: unknown): string {
  try {
    return JSON.stringify(encodeValue(input)) ?? ''
  } catch {
    // Refused at the door, if it matters.
    return ''
  }
}
