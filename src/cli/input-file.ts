import { readFile, stat } from 'node:fs/promises'
import { CommandError } from './command-error.ts'

const mebibyte = 2 ** 20
const largestBytes = 256 * mebibyte

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'permission to read it is denied',
  EPERM: 'permission to read it is denied',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
}

/** Why the system would not give a file, as a sentence. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? `reading it failed (${error instanceof Error ? error.message : String(error)})`
}

/** The error for a file that cannot be used. */
export function unusable(path: string, problems: readonly string[], cause?: unknown): CommandError {
  return new CommandError('FILE_INVALID', `cannot use ${path}`, problems, { cause })
}

/**
 * The text of a file: regular, not empty, UTF-8 (a byte-order mark is dropped), at most 256 MiB.
 * @throws CommandError `FILE_INVALID`
 */
export async function readInputFile(path: string): Promise<string> {
  const bytes = await readBytes(path).catch((error: unknown) => {
    throw error instanceof CommandError ? error : unusable(path, [reasonOf(error)], error)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw unusable(path, ['it is not text in UTF-8'], error)
  }
}

async function readBytes(path: string): Promise<Buffer> {
  const found = await stat(path)
  if (found.isDirectory()) throw unusable(path, ['it is a directory; name a file'])
  if (!found.isFile()) throw unusable(path, ['it is not a regular file'])
  if (found.size > largestBytes) {
    const size = Math.ceil(found.size / mebibyte)
    throw unusable(path, [`it is too large: ${size} MiB, and at most ${largestBytes / mebibyte} MiB are read`])
  }
  if (found.size === 0) throw unusable(path, ['it is empty'])
  return readFile(path)
}
