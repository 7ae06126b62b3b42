import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Runtime } from 'taskwright'
import { createRuntime, defineTask } from 'taskwright'
import { serveInspector } from 'taskwright/inspector'
import { z } from 'zod'
import { median } from '../median.ts'

/**
 * `npm run bench:inspector`: what the inspector costs the process that it is in. Counted is the processor time of that
 * process, which other work on the machine changes least; the page is a process of its own. The three take turns.
 */
const noop = defineTask({ type: 'noop', kind: 'processing', input: z.number(), run: (_, number) => number })

const modes = ['none', 'inspector', 'page'] as const
type Mode = (typeof modes)[number]

const pageProgram = fileURLToPath(new URL('page.ts', import.meta.url))

interface Beside {
  end(): Promise<void>
}

async function beside(mode: Mode, runtime: Runtime): Promise<Beside> {
  if (mode === 'none') return { end: async () => undefined }
  const inspector = await serveInspector(runtime, { port: 0 })
  if (mode === 'inspector') return { end: () => inspector.close() }
  const page = fork(pageProgram, [inspector.url], { execArgv: ['--conditions=source'] })
  await once(page, 'message')
  return {
    end: async () => {
      page.kill()
      await inspector.close()
    },
  }
}

/** Runs `work` and tells the processor time of this process, ms. */
async function processorMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const transitionsASecond = 500

/** At a steady pace: events that enter a stage, a second, and the processor time that a second takes. */
async function paced(mode: Mode, seconds: number): Promise<{ transitions: number; msASecond: number }> {
  const runtime = await createRuntime({ tasks: [noop] })
  let transitions = 0
  const count = runtime.on('task.*', ({ type }) => {
    if (stages.has(type)) transitions += 1
  })
  const other = await beside(mode, runtime)
  await setTimeout(500)
  transitions = 0
  const everyMs = 1_000 / (transitionsASecond / stages.size)
  const begun = performance.now()
  const ms = await processorMs(async () => {
    for (let number = 0; performance.now() - begun < seconds * 1_000; number += 1) {
      await runtime.submit(noop, number)
      const ahead = begun + (number + 1) * everyMs - performance.now()
      if (ahead > 1) await setTimeout(ahead)
    }
  })
  const took = (performance.now() - begun) / 1_000
  count()
  await other.end()
  await runtime.stop()
  return { transitions: transitions / took, msASecond: ms / took }
}

const stages = new Set(
  ['validating', 'waiting', 'queued', 'allocating', 'executing', 'completing', 'completed'].map(
    (stage) => `task.${stage}`,
  ),
)

/** As fast as it can: tasks a second of processor time. */
async function saturated(mode: Mode, tasks: number): Promise<number> {
  const runtime = await createRuntime({ tasks: [noop], queueLimit: tasks })
  const other = await beside(mode, runtime)
  const ms = await processorMs(async () => {
    const handles: ReturnType<typeof runtime.submit>[] = []
    for (let number = 0; number < tasks; number += 1) handles.push(runtime.submit(noop, number))
    await Promise.all(handles)
    await runtime.idle()
  })
  await other.end()
  await runtime.stop()
  return tasks / (ms / 1_000)
}

async function rounds<Value>(count: number, measure: (mode: Mode) => Promise<Value>): Promise<Record<Mode, Value[]>> {
  const results: Record<Mode, Value[]> = { none: [], inspector: [], page: [] }
  for (let round = 0; round <= count; round += 1) {
    // Who goes first has a colder cache: it is another each time.
    for (let turn = 0; turn < modes.length; turn += 1) {
      const mode = modes[(round + turn) % modes.length] ?? 'none'
      const value = await measure(mode)
      if (round > 0) results[mode].push(value)
    }
  }
  return results
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const pace = await rounds(5, (mode) => paced(mode, 4))
const paceMs = (mode: Mode) => median(pace[mode].map(({ msASecond }) => msASecond))
const steady = modes.map((mode) => ({
  beside: mode,
  'transitions/s': Math.round(median(pace[mode].map(({ transitions }) => transitions))),
  'ms of processor a second': Number(paceMs(mode).toFixed(1)),
  'of a core more than none': percent((paceMs(mode) - paceMs('none')) / 1_000),
}))
console.log(`At ${transitionsASecond} transitions a second`)
console.table(steady)

const speed = await rounds(5, (mode) => saturated(mode, 10_000))
const fast = modes.map((mode) => ({
  beside: mode,
  'tasks a second of processor': Math.round(median(speed[mode])),
  'less than none': percent(1 - median(speed[mode]) / median(speed.none)),
}))
console.log('As fast as it can, 10,000 tasks')
console.table(fast)

const results = { node: process.version, steady, fast }
await writeFile(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
