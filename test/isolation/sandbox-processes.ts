import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pass } from 'node:timers/promises'

const mark = 'guest-process'

/** Processes of sandboxes below a process, by the chain of their parents. */
export function sandboxesBelow(pid: number): number[] {
  const below = new Set([pid])
  const found: number[] = []
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, parent = '0'] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
        return [{ pid: Number(name), parent: Number(parent), line: readFileSync(`/proc/${name}/cmdline`, 'utf8') }]
      } catch {
        return []
      }
    })
  for (let size = 0; size !== below.size; ) {
    size = below.size
    for (const one of parents) if (below.has(one.parent)) below.add(one.pid)
  }
  for (const { pid: one, line } of parents) if (one !== pid && below.has(one) && line.includes(mark)) found.push(one)
  return found
}

function lives(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
  } catch {
    return false
  }
}

const longestMs = 5_000

/** Which of them are left after some time. */
export async function survivors(sandboxes: readonly number[]): Promise<number[]> {
  const until = performance.now() + longestMs
  while (sandboxes.some(lives) && performance.now() < until) await pass(20)
  return sandboxes.filter(lives)
}
