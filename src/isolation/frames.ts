import { Buffer } from 'node:buffer'

// A frame: four bytes of length, the most significant first, then as many bytes of UTF-8. Run by both sides, so it
// imports nothing but Node's own.

const headerBytes = 4

/** Frames that are none: the other side is broken, or hostile. */
class FrameError extends Error {}

export function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame.writeUInt32BE(length, 0)
  frame.write(text, headerBytes)
  return frame
}

/** Makes texts of the bytes that arrive, however they are cut. Keeps one frame at most. */
export class FrameReader {
  readonly #maxBytes: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #header = Buffer.alloc(headerBytes)
  #headerFilled = 0
  #body: Buffer | null = null
  #bodyFilled = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether a frame has begun and not ended. */
  get isInside(): boolean {
    return this.#headerFilled > 0
  }

  /** @throws FrameError for an empty or too long frame, and for what is no UTF-8 */
  *read(chunk: Buffer): Generator<string> {
    let at = 0
    while (at < chunk.length) {
      if (!this.#body) {
        const taken = chunk.copy(this.#header, this.#headerFilled, at, at + headerBytes - this.#headerFilled)
        this.#headerFilled += taken
        at += taken
        if (this.#headerFilled < headerBytes) return
        this.#begin(this.#header.readUInt32BE(0))
      } else {
        const taken = chunk.copy(this.#body, this.#bodyFilled, at)
        this.#bodyFilled += taken
        at += taken
        if (this.#bodyFilled === this.#body.length) yield this.#end(this.#body)
      }
    }
  }

  #begin(length: number): void {
    if (length === 0) throw new FrameError('an empty frame')
    if (length > this.#maxBytes) throw new FrameError(`a frame of ${length} bytes, over the limit of ${this.#maxBytes}`)
    this.#body = Buffer.alloc(length)
    this.#bodyFilled = 0
  }

  #end(body: Buffer): string {
    this.#body = null
    this.#headerFilled = 0
    try {
      return this.#decoder.decode(body)
    } catch (thrown) {
      throw new FrameError('a frame that is no UTF-8', { cause: thrown })
    }
  }
}
