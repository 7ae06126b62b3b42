import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Skipped, SourceFile } from './findings.ts'
import { limits } from './limits.ts'

export type ReadResult =
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'skipped'; readonly skipped: Skipped }

const mebibyte = 2 ** 20

/** git's rule: a zero byte among the first 8,000 makes a file binary. */
const binaryProbe = 8_000

/** Neither follows a link put in the file's place since the walk, nor waits for ever on a pipe put there. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Reads one file as text (UTF-8; bytes that are not become U+FFFD), or tells why not. Never throws. */
async function readSource(file: SourceFile): Promise<ReadResult> {
  const skip = (reason: Skipped['reason'], detail: string): ReadResult => ({
    form: 'skipped',
    skipped: { name: file.name, reason, detail },
  })
  let handle: FileHandle | undefined
  try {
    handle = await open(file.path, openFlags)
    const found = await handle.stat()
    if (!found.isFile()) return skip('not a regular file', 'a folder, device, pipe or socket')
    if (found.size > limits.fileBytes) {
      const size = (found.size / mebibyte).toFixed(1)
      return skip('too large', `${size} MiB; files over ${limits.fileBytes / mebibyte} MiB are not read`)
    }
    const content = await handle.readFile()
    if (content.subarray(0, binaryProbe).includes(0)) return skip('binary', 'it has zero bytes')
    const text = content.toString('utf8')
    return { form: 'text', text: text.startsWith('\uFEFF') ? text.slice(1) : text }
  } catch (error) {
    return skip('unreadable', error instanceof Error && 'code' in error ? String(error.code) : String(error))
  } finally {
    await handle?.close()
  }
}

/**
 * The texts that were read and are about to be analysed, up to a number of characters in all; the oldest go first.
 * A text that is gone is read again, so the bound costs time and never a result.
 */
export class Library {
  readonly #most: number
  readonly #texts = new Map<string, string>()
  readonly #unfit = new Set<string>()
  #held = 0

  constructor(most: number = limits.shelfBytes) {
    this.#most = most
  }

  /** Characters held now. */
  get held(): number {
    return this.#held
  }

  async read(file: SourceFile): Promise<ReadResult> {
    const result = await readSource(file)
    if (result.form === 'text') this.#keep(file.path, result.text)
    else this.#unfit.add(file.path)
    return result
  }

  /** The text of a file, or `null` if it is not text or cannot be read. */
  async text(file: SourceFile): Promise<string | null> {
    const kept = this.#texts.get(file.path)
    if (kept !== undefined) return kept
    if (this.#unfit.has(file.path)) return null
    const result = await this.read(file)
    return result.form === 'text' ? result.text : null
  }

  #keep(path: string, text: string): void {
    this.#held += text.length - (this.#texts.get(path)?.length ?? 0)
    this.#texts.delete(path)
    this.#texts.set(path, text)
    for (const [oldest, { length }] of this.#texts) {
      if (this.#held <= this.#most) break
      this.#texts.delete(oldest)
      this.#held -= length
    }
  }
}
