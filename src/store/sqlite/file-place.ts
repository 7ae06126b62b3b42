import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { StoreError } from '../../model/store-error.ts'

/** `write`: made if it is not there; `change`: has to be there; `look`: has to be there, and stays as it is. */
export type Access = 'write' | 'change' | 'look'

function isExisting(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'
}

/**
 * Where a store's file and its `-wal` lie. A file that is there is looked at and never opened: to close it would drop
 * every lock that this process holds on it. Source: sqlite.org/howtocorrupt.html, 2.2.
 */
export class FilePlace {
  readonly path: string
  readonly #walPath: string
  #inodes: readonly [file: number, wal: number] | null = null

  constructor(path: string) {
    this.path = path
    this.#walPath = `${path}-wal`
  }

  /** @throws StoreError, Error of the file system if it cannot be had so */
  prepare(access: Access): void {
    const found = statSync(this.path, { throwIfNoEntry: false })
    if (!found) return this.#make(access)
    if (found.isDirectory()) throw new StoreError('STORE_IO', `${this.path}: it is a folder; name a file`)
    if (!found.isFile()) throw new StoreError('STORE_IO', `${this.path}: it is no regular file; name another`)
    accessSync(this.path, constants.R_OK | constants.W_OK)
  }

  /** Both files are open now. */
  remember(): void {
    this.#inodes = [this.#inodeOf(this.path), this.#inodeOf(this.#walPath)]
  }

  /** A file that is moved or deleted while it is open takes everything, and nobody finds it again. @throws StoreError */
  assertUnmoved(): void {
    if (this.#inodes?.[0] !== this.#inodeOf(this.path))
      throw new StoreError('STORE_IO', `${this.path}: it was moved, replaced or deleted while it is open; put it back`)
    if (this.hasLostWal)
      throw new StoreError('STORE_IO', `${this.#walPath}: it was moved, replaced or deleted while it is open`)
  }

  get hasLostWal(): boolean {
    return this.#inodes !== null && this.#inodes[1] !== this.#inodeOf(this.#walPath)
  }

  #make(access: Access): void {
    if (access !== 'write') throw new StoreError('STORE_IO', `${this.path}: there is no such file`)
    try {
      // Inputs and outputs are written down as they are: nobody else is to read them.
      closeSync(openSync(this.path, 'ax', 0o600))
    } catch (thrown) {
      if (!isExisting(thrown)) throw thrown
    }
  }

  #inodeOf(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
  }
}
