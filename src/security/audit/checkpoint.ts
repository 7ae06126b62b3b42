import type { KeyObject } from 'node:crypto'
import { createHash, createPublicKey, sign, verify } from 'node:crypto'

// Source: c2sp.org/tlog-checkpoint and c2sp.org/signed-note, as in Go's checksum database.

/** What a checkpoint says: the log of that name had that root when it had that many entries. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

const ed25519 = 1
const keyIdBytes = 4
const signatureBytes = 64

/** The 32 bytes of an Ed25519 public key: the end of its DER form. */
function rawKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}

function keyIdOf(origin: string, publicKey: KeyObject): Buffer {
  const hashed = createHash('sha256').update(`${origin}\n`).update(Buffer.of(ed25519)).update(rawKey(publicKey))
  return hashed.digest().subarray(0, keyIdBytes)
}

function textOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

/** @param key Ed25519, private */
export function signCheckpoint(checkpoint: Checkpoint, key: KeyObject): string {
  const text = textOf(checkpoint)
  const id = keyIdOf(checkpoint.origin, createPublicKey(key))
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)])
  return `${text}\n— ${checkpoint.origin} ${signature.toString('base64')}\n`
}

/** What a note says, whoever signed it; `null`: it is no checkpoint. */
export function readCheckpoint(note: string): Checkpoint | null {
  const [origin = '', size = '', root = ''] = note.split('\n')
  const bytes = Buffer.from(root, 'base64')
  if (origin === '' || !/^(?:0|[1-9]\d{0,15})$/.test(size) || bytes.length !== 32) return null
  return { origin, size: Number(size), root: bytes }
}

/** Whether the key has signed the note. */
export function isSignedBy(note: string, publicKey: KeyObject): boolean {
  const split = note.indexOf('\n\n')
  const checkpoint = readCheckpoint(note)
  if (split < 0 || checkpoint === null) return false
  const text = note.slice(0, split + 1)
  if (text !== textOf(checkpoint)) return false
  const id = keyIdOf(checkpoint.origin, publicKey)
  return note
    .slice(split + 2)
    .split('\n')
    .some((line) => {
      const encoded = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line)
      if (encoded?.[1] !== checkpoint.origin) return false
      const bytes = Buffer.from(encoded[2] ?? '', 'base64')
      if (bytes.length !== keyIdBytes + signatureBytes || !bytes.subarray(0, keyIdBytes).equals(id)) return false
      return verify(null, Buffer.from(text), publicKey, bytes.subarray(keyIdBytes))
    })
}
