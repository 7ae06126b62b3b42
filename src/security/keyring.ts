import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { z } from 'zod'
import { StoreError } from '../model/store-error.ts'

/** The keys that a store is encrypted with. */
export interface EncryptionOptions {
  /** Id of the key that new values are sealed with. */
  current: string
  /** By id, 32 random bytes each, or those in base64. Old keys stay until nothing is sealed with them any more. */
  keys: Readonly<Record<string, Uint8Array | string>>
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

const keySchema = z.union([
  z.instanceof(Uint8Array),
  z.string().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
])

export const encryptionSchema = z
  .strictObject({
    current: z.string(),
    keys: z.record(
      z.string().regex(/^[\w-]{1,64}$/, 'the id of a key is made of letters, digits, - and _'),
      keySchema.refine(
        ({ length }) => length === keyBytes,
        `a key has ${keyBytes} bytes; make one with randomBytes(32)`,
      ),
    ),
  })
  .refine(({ current, keys }) => Object.hasOwn(keys, current), {
    error: 'the current key is not among the keys',
    path: ['current'],
  })

interface Key {
  readonly forData: Buffer
  readonly forNonces: Buffer
}

/** One secret, two uses: neither tells of the other. Source: RFC 5869. */
function derived(secret: Uint8Array): Key {
  const part = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `taskwright ${use}`, keyBytes))
  return { forData: part('data'), forNonces: part('nonces') }
}

/** What a value is sealed for, so that it opens nowhere else. */
function contextOf(keyId: string, taskId: string, field: string): string {
  return JSON.stringify(['taskwright', 1, keyId, taskId, field])
}

/**
 * Seals texts with AES-256-GCM. The nonce is a keyed hash of what is sealed and what for: no two values share one but
 * those that are equal in the same place, and no source of chance is needed that a restored machine could repeat.
 * Source: the synthetic nonce of RFC 5297 and RFC 8452, here over GCM.
 */
export class Keyring {
  readonly #current: string
  readonly #keys: ReadonlyMap<string, Key>

  constructor({ current, keys }: z.output<typeof encryptionSchema>) {
    this.#current = current
    this.#keys = new Map(Object.entries(keys).map(([id, secret]) => [id, derived(secret)]))
  }

  get current(): string {
    return this.#current
  }

  /** @returns the id of the key, a dot, and the rest in base64url */
  seal(text: string, taskId: string, field: string): string {
    const id = this.#current
    const { forData, forNonces } = this.#key(id, taskId, field)
    const context = contextOf(id, taskId, field)
    const nonce = createHmac('sha256', forNonces)
      .update(`${context.length} ${context}`)
      .update(text)
      .digest()
      .subarray(0, nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', forData, nonce).setAAD(Buffer.from(context))
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${id}.${sealed.toString('base64url')}`
  }

  /** @throws StoreError `STORE_SEALED` for a key that is not there or is another, and for what was changed or moved */
  open(sealed: string, taskId: string, field: string): string {
    const id = keyIdOf(sealed)
    const bytes = Buffer.from(sealed.slice(id.length + 1), 'base64url')
    const { forData } = this.#key(id, taskId, field)
    // A tag that was cut short would be easier to guess.
    if (bytes.length < nonceBytes + tagBytes) throw unopened(`${taskId}: its ${field} is cut short`)
    try {
      const decipher = createDecipheriv('aes-256-gcm', forData, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(contextOf(id, taskId, field)))
        .setAuthTag(bytes.subarray(-tagBytes))
      return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
    } catch (cause) {
      throw unopened(`${taskId}: its ${field} does not open with the key "${id}" that was given`, cause)
    }
  }

  #key(id: string, taskId: string, field: string): Key {
    const key = this.#keys.get(id)
    if (key) return key
    const given = [...this.#keys.keys()].join(', ')
    throw new StoreError(
      'STORE_SEALED',
      `${taskId}: its ${field} is encrypted with the key "${id}", which was not given; given are: ${given}`,
    )
  }
}

function unopened(what: string, cause?: unknown): StoreError {
  return new StoreError('STORE_SEALED', `${what}: that is another key, or the value was changed`, { cause })
}

export function keyIdOf(sealed: string): string {
  return sealed.slice(0, Math.max(0, sealed.indexOf('.')))
}
