/** Submits `count` no-op jobs, at most 32 running at a time; resolves when the outcomes of all are stored. */
export type Run = (count: number) => Promise<void>

/** Something that runs jobs and keeps what became of them. One is open at a time, each on an empty folder. */
export interface DurableContestant {
  readonly name: string
  /** What was chosen where there is a choice. */
  readonly settings: string
  /** Starts what is needed before the first job, which is not measured; `stack` is to end it. */
  open(folder: string, stack: AsyncDisposableStack): Promise<Run>
}

export const concurrency = 32

/** The inputs of `count` jobs, by `size`: the other queues take many jobs in one call, their fastest way in. */
export function* chunked(count: number, size: number): Generator<number[]> {
  for (let start = 0; start < count; start += size) {
    yield Array.from({ length: Math.min(size, count - start) }, (_, index) => start + index)
  }
}
