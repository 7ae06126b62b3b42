import type { Duplicate, Duplicates } from './findings.ts'
import { byName } from './findings.ts'
import { limits } from './limits.ts'
import type { Tokens } from './tokens.ts'

/** What counts as a duplicate: at least so many tokens, over at least so many lines. */
export const duplicateAtLeast = { tokens: 50, lines: 5 } as const

/** Tokens in one k-gram, and k-grams in one window: together every run of 50 tokens shares a fingerprint. */
const gram = 25
const window = duplicateAtLeast.tokens - gram + 1
const base = 0x01000193
/** Fewer different tokens than this among a k-gram is a table of data or a row of brackets, not code. */
const leastVariety = 8
/** Runs followed between one pair of files; more than this is generated text. */
const mostRunsPerPair = 100

export interface Source {
  readonly name: string
  readonly tokens: Tokens
}

/** The rolling hash of every k-gram, 32 bits. */
function gramHashes(hashes: Uint32Array): Uint32Array {
  const count = hashes.length - gram + 1
  if (count <= 0) return new Uint32Array()
  let leaving = 1
  for (let step = 1; step < gram; step += 1) leaving = Math.imul(leaving, base)
  const rolled = new Uint32Array(count)
  let hash = 0
  for (let at = 0; at < hashes.length; at += 1) {
    if (at >= gram) hash = (hash - Math.imul(hashes[at - gram] ?? 0, leaving)) | 0
    hash = (Math.imul(hash, base) + (hashes[at] ?? 0)) | 0
    if (at >= gram - 1) rolled[at - gram + 1] = hash >>> 0
  }
  return rolled
}

/**
 * Positions of the k-grams that stand for a text: the least hash of each window, of equals the one
 * chosen before or else the rightmost ("robust winnowing").
 * Source: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
 * SIGMOD 2003.
 */
export function fingerprints(hashes: Uint32Array): { readonly at: number; readonly hash: number }[] {
  const rolled = gramHashes(hashes)
  const chosen: { at: number; hash: number }[] = []
  let least = -1
  for (let end = window - 1; end < rolled.length; end += 1) {
    const start = end - window + 1
    const before = least
    if (least < start) {
      least = start
      for (let at = start + 1; at <= end; at += 1) if ((rolled[at] ?? 0) <= (rolled[least] ?? 0)) least = at
    } else if ((rolled[end] ?? 0) < (rolled[least] ?? 0)) {
      least = end
    }
    if (least !== before) chosen.push({ at: least, hash: rolled[least] ?? 0 })
  }
  return chosen
}

interface Spot {
  readonly file: number
  readonly at: number
}

interface Run {
  readonly first: Spot
  readonly second: Spot
  readonly length: number
}

function varied(hashes: Uint32Array, at: number): boolean {
  return new Set(hashes.subarray(at, at + gram)).size >= leastVariety
}

/** The longest run of equal tokens around a shared k-gram; inside one file the two places may not overlap. */
function extend(a: Uint32Array, b: Uint32Array, first: Spot, second: Spot): Run | null {
  const apart = first.file === second.file ? second.at - first.at : Number.POSITIVE_INFINITY
  let before = 0
  while (before < Math.min(first.at, second.at) && a[first.at - before - 1] === b[second.at - before - 1]) {
    before += 1
  }
  const from = first.at - before
  const other = second.at - before
  let length = 0
  while (
    length < apart &&
    from + length < a.length &&
    other + length < b.length &&
    a[from + length] === b[other + length]
  ) {
    length += 1
  }
  if (length < duplicateAtLeast.tokens) return null
  return { first: { file: first.file, at: from }, second: { file: second.file, at: other }, length }
}

/** Yields now and then, so that a caller can let others have a turn between files. */
function* findRuns(sources: readonly Source[]): Generator<undefined, Run[]> {
  const runs: Run[] = []
  const firstSpots = new Map<number, Spot>()
  /** How far the runs found so far reach, by pair of files and distance: each run is followed once. */
  const reached = new Map<string, number>()
  const runsOfPair = new Map<string, number>()
  for (const [file, { tokens }] of sources.entries()) {
    for (const { at, hash } of fingerprints(tokens.hashes)) {
      const second = { file, at }
      const first = firstSpots.get(hash)
      if (first === undefined) {
        if (varied(tokens.hashes, at)) firstSpots.set(hash, second)
        continue
      }
      const pair = `${first.file}:${file}`
      const line = `${pair}:${at - first.at}`
      if ((reached.get(line) ?? -1) > at || (runsOfPair.get(pair) ?? 0) >= mostRunsPerPair) continue
      const run = extend(sources[first.file]?.tokens.hashes ?? new Uint32Array(), tokens.hashes, first, second)
      reached.set(line, run === null ? at + gram : run.second.at + run.length)
      if (run === null) continue
      runsOfPair.set(pair, (runsOfPair.get(pair) ?? 0) + 1)
      runs.push(run)
    }
    yield
  }
  return runs
}

function place(source: Source | undefined, at: number, length: number) {
  const lines = source?.tokens.lines ?? new Uint32Array()
  return { file: source?.name ?? '', from: lines[at] ?? 1, to: lines[at + length - 1] ?? 1 }
}

/** The runs that start from the same place and are equally long, as one group of places. */
function group(runs: readonly Run[], sources: readonly Source[]): Duplicate[] {
  const groups = new Map<string, Duplicate>()
  for (const { first, second, length } of runs) {
    const from = place(sources[first.file], first.at, length)
    const to = place(sources[second.file], second.at, length)
    const lines = Math.max(from.to - from.from, to.to - to.from) + 1
    if (lines < duplicateAtLeast.lines) continue
    const key = `${first.file}:${first.at}:${length}`
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { tokens: length, lines, places: [from, to] })
    else known.places.push(to)
  }
  const weight = ({ tokens, places }: Duplicate): number => tokens * (places.length - 1)
  const start = ({ places }: Duplicate): string => places[0]?.file ?? ''
  return [...groups.values()].sort(
    (a, b) =>
      weight(b) - weight(a) || byName(start(a), start(b)) || (a.places[0]?.from ?? 0) - (b.places[0]?.from ?? 0),
  )
}

/** Lines of code, without blanks and comments, that stand in some duplicate. */
function countLines(groups: readonly Duplicate[], sources: readonly Source[]): number {
  const places = Map.groupBy(
    groups.flatMap((found) => found.places),
    ({ file }) => file,
  )
  let count = 0
  for (const { name, tokens } of sources) {
    const within = new Set<number>()
    for (const { from, to } of places.get(name) ?? []) for (let line = from; line <= to; line += 1) within.add(line)
    if (within.size > 0) count += new Set(tokens.lines.filter((line) => within.has(line))).size
  }
  return count
}

/**
 * Code that stands in two or more places, token for token, whatever its layout and comments.
 * A generator: it yields between files and returns the result.
 */
export function* findDuplicates(given: readonly Source[], leftOut = 0): Generator<undefined, Duplicates> {
  const sources = given.toSorted((a, b) => byName(a.name, b.name))
  const groups = group(yield* findRuns(sources), sources)
  return {
    compared: sources.length,
    leftOut,
    tokens: sources.reduce((sum, { tokens }) => sum + tokens.hashes.length, 0),
    lines: sources.reduce((sum, { tokens }) => sum + new Set(tokens.lines).size, 0),
    duplicatedLines: countLines(groups, sources),
    found: groups.length,
    groups: groups.slice(0, limits.listed),
  }
}
