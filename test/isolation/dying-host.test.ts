import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const hostFile = fileURLToPath(new URL('./dying-host.ts', import.meta.url))
const mark = 'guest-process'

/** Processes of sandboxes below a process, by the chain of their parents. */
function sandboxesBelow(pid: number): number[] {
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

test.each(['with', 'without'])('%s bubblewrap, the processes of a host that is killed end with it', async (how) => {
  const host = spawn(process.execPath, ['--conditions=source', hostFile, how], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => host.stdout.once('data', resolve))
  const sandboxes = sandboxesBelow(host.pid ?? 0)
  expect(sandboxes.length).toBeGreaterThan(0)
  host.kill('SIGKILL')
  const until = performance.now() + 5_000
  while (sandboxes.some(lives) && performance.now() < until) await pass(20)
  expect(sandboxes.filter(lives)).toEqual([])
})
