import type { FileSize, SourceFile } from './findings.ts'
import { languageOf } from './languages.ts'

/** Counts lines as an editor does: a line feed at the very end opens no further line. */
export function measureSize(file: SourceFile, text: string): FileSize {
  const lines = text === '' ? [] : text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return {
    name: file.name,
    language: languageOf(file.name).name,
    bytes: file.bytes,
    lines: lines.length,
    code: lines.filter((line) => line.trim() !== '').length,
  }
}
