import type { Batch, SourceFile, Walked } from './findings.ts'
import { byName } from './findings.ts'
import { languageOf } from './languages.ts'
import { limits } from './limits.ts'

export interface Plan {
  readonly batches: readonly Batch[]
  readonly files: number
  readonly bytes: number
  /** Names of the files whose code is compared for duplicates. */
  readonly compared: ReadonlySet<string>
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

  const most = Math.min(batchFiles.most, Math.max(batchFiles.least, Math.ceil(files.length / wantedBatches)))
  const batches: Batch[] = []
  let open: SourceFile[] = []
  let openBytes = 0
  const close = (): void => {
    if (open.length > 0) batches.push({ number: batches.length + 1, files: open })
    open = []
    openBytes = 0
  }
  for (const file of files) {
    if (open.length >= most || openBytes + file.bytes > limits.batchBytes) close()
    open.push(file)
    openBytes += file.bytes
  }
  close()

  const compared = new Set<string>()
  let comparedBytes = 0
  let leftOut = 0
  for (const { name, bytes } of files) {
    if (!languageOf(name).code || bytes > limits.fileBytes) continue
    if (comparedBytes + bytes <= limits.comparedBytes) {
      compared.add(name)
      comparedBytes += bytes
    } else {
      leftOut += 1
    }
  }
  return { batches, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), compared, leftOut }
}
