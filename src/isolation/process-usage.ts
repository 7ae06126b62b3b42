import { readFileSync } from 'node:fs'

const ticksPerSecond = 100
const pageBytes = 4_096

interface Measured {
  readonly cpuMs: number
  readonly memoryBytes: number
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended meanwhile.
    return null
  }
}

function childrenOf(pid: number): number[] {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number)
}

/** What a process and all below it use now. Source: proc(5), /proc/pid/stat and /proc/pid/statm. */
export function measureProcess(pid: number): Measured {
  // Fields after the name, which may hold spaces: state is the first.
  const fields = (read(`/proc/${pid}/stat`) ?? '').replace(/^.*\) /s, '').split(' ')
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  const resident = Number((read(`/proc/${pid}/statm`) ?? '').split(' ')[1] ?? 0)
  let cpuMs = (ticks * 1_000) / ticksPerSecond
  let memoryBytes = resident * pageBytes
  for (const child of childrenOf(pid)) {
    const below = measureProcess(child)
    cpuMs += below.cpuMs
    memoryBytes += below.memoryBytes
  }
  return { cpuMs, memoryBytes }
}
