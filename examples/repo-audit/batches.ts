import { createHash } from 'node:crypto'
import type { Batch, SourceFile, Walked } from './findings.ts'
import { byName } from './findings.ts'
import { languageOf } from './languages.ts'
import { limits } from './limits.ts'

export interface Plan {
  readonly batches: readonly Batch[]
  readonly files: number
  readonly bytes: number
  /** The files whose code is compared for duplicates. */
  readonly compared: readonly SourceFile[]
  /** How many files of code were left out of the comparison, because there was too much of it. */
  readonly leftOut: number
}

/** About this many batches, so that several can be worked on at a time and progress shows, within bounds for one. */
const wantedBatches = 48
const batchFiles = { least: 4, most: 64 } as const

/** Cuts the walked files into batches of similar work, in order of name. A file under two roots is taken once. */
export function plan(walks: readonly Walked[]): Plan {
  const byPath = new Map<string, SourceFile>()
  for (const { files } of walks) for (const file of files) if (!byPath.has(file.path)) byPath.set(file.path, file)
  const files = [...byPath.values()].sort((a, b) => byName(a.name, b.name))

  const compared: SourceFile[] = []
  let comparedBytes = 0
  let leftOut = 0
  const isCompared = (file: SourceFile): boolean => {
    if (!languageOf(file.name).code || file.bytes > limits.fileBytes) return false
    if (comparedBytes + file.bytes > limits.comparedBytes) {
      leftOut += 1
      return false
    }
    compared.push(file)
    comparedBytes += file.bytes
    return true
  }

  const most = Math.min(batchFiles.most, Math.max(batchFiles.least, Math.ceil(files.length / wantedBatches)))
  const batches: Batch[] = []
  let open: Batch['files'] = []
  let openBytes = 0
  const close = (): void => {
    if (open.length > 0) batches.push({ number: batches.length + 1, files: open })
    open = []
    openBytes = 0
  }
  for (const file of files) {
    if (open.length >= most || openBytes + file.bytes > limits.batchBytes) close()
    open.push({ ...file, compared: isCompared(file) })
    openBytes += file.bytes
  }
  close()

  return { batches, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), compared, leftOut }
}

/** Tells whether the code is as it was: by names, sizes, and times of change, as make does. */
export function fingerprint(walks: readonly Walked[]): string {
  const files = walks.map(({ files }) => files.map(({ path, bytes, changedAt }) => [path, bytes, changedAt]))
  return createHash('sha256').update(JSON.stringify(files)).digest('base64url')
}
