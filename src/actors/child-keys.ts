import { createHash } from 'node:crypto'
import type { TaskDefinition } from '../model/definition.ts'
import { maskFields } from '../security/secret-fields.ts'
import { encodeValue } from '../store/value-codec.ts'

/** Names the children of an attempt by type, input, and place among those alike: a later attempt gives the same names. */
export class ChildKeys {
  readonly #given = new Map<string, number>()

  next({ type, input: schema }: TaskDefinition, input: unknown): string {
    // The hash of a secret would give it away to who guesses.
    const shown = textOf(maskFields(schema, input))
    const name = `${type}#${createHash('sha256').update(shown).digest('base64url').slice(0, 12)}`
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
