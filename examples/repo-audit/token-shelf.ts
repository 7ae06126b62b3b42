import type { SourceFile } from './findings.ts'
import { languageOf } from './languages.ts'
import type { Library } from './library.ts'
import type { Tokens } from './tokens.ts'
import { tokenize } from './tokens.ts'

/** The tokens of the files that are compared. What an earlier process had put here is gone with it, and cut again. */
export class TokenShelf {
  readonly #library: Library
  readonly #tokens = new Map<string, Tokens>()

  constructor(library: Library) {
    this.#library = library
  }

  get({ path }: SourceFile): Tokens | undefined {
    return this.#tokens.get(path)
  }

  /** Cuts a file into tokens. @returns how many; `null` for what is no text, or cannot be read */
  async cut(file: SourceFile): Promise<number | null> {
    const text = await this.#library.text(file)
    if (text === null) return null
    const tokens = tokenize(text, languageOf(file.name).comments)
    this.#tokens.set(file.path, tokens)
    return tokens.lines.length
  }
}
