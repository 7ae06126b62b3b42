import { writeFile } from 'node:fs/promises'
import { pino } from 'pino'
import type { RuntimeOptions, TaskHandle, VirtualEnvironment } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, noShare } from 'taskwright'
import { z } from 'zod'
import { seededRandom } from '../src/runtime/seeded-random.ts'
import { median } from './median.ts'

const slots = 8
const jobMs = 50
const tasks = 300
const times = 100
/** Over time: how much of its share, half of the slots, the quiet principal asks for. */
const load = 0.9
const rounds = 3

const job = defineTask({
  type: 'job',
  kind: 'processing',
  input: z.null(),
  run: (task) => task.sleep(jobMs),
})

interface Setting {
  readonly name: string
  readonly slots: number
  /** Submissions of the loud principal for each one of the quiet one. */
  readonly flood: number
  readonly options: RuntimeOptions
}

const alone: Setting = { name: 'alone, half of the slots', slots: slots / 2, flood: 0, options: {} }
const flooded: Setting = { name: 'flooded', slots, flood: times, options: {} }
const limited: Setting = {
  name: 'flooded, with a quota of submissions',
  slots,
  flood: times,
  options: { quotas: ({ id }) => (id === 'loud' ? { submissions: { rate: 200, per: 'second' } } : undefined) },
}
const bounded: Setting = {
  name: 'flooded, with a quota of running tasks',
  slots,
  flood: times,
  options: { quotas: ({ id }) => (id === 'loud' ? { running: slots / 2 } : undefined) },
}
const unfair: Setting = {
  name: 'flooded, without fair share',
  slots,
  flood: times,
  options: { scheduling: { share: noShare() } },
}

/** All at the same time, or a Poisson process: the same in every run, ms. */
function arrivals(isOverTime: boolean): number[] {
  const random = seededRandom(7)
  const everyMs = isOverTime ? jobMs / ((slots / 2) * load) : 0
  let at = 0
  return Array.from({ length: tasks }, () => {
    at -= everyMs * Math.log(1 - random.next())
    return at
  })
}

function percentile(values: readonly number[], of: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * of) - 1] ?? Number.NaN
}

/** Time that passes by itself, or only when told: then what is measured is the scheduler alone. */
interface Pace {
  reach(at: number): Promise<void>
  until<T>(promise: Promise<T>): Promise<T>
}

function paceOf(environment: VirtualEnvironment | null): Pace {
  if (environment) {
    const { clock } = environment
    return { reach: (at) => clock.advance(Math.max(0, at - clock.now())), until: (promise) => environment.run(promise) }
  }
  const startedAt = performance.now()
  const reach = async (at: number) => {
    const wait = startedAt + at - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
  return { reach, until: (promise) => promise }
}

/** How long the quiet principal's tasks wait for their turn, ms. */
async function queueTimes(setting: Setting, isOverTime: boolean, isVirtual: boolean): Promise<number[]> {
  const environment = isVirtual ? createVirtualEnvironment() : null
  const runtime = await createRuntime({
    tasks: [job],
    pools: { default: { slots: setting.slots } },
    logger: pino({ level: 'silent' }),
    queueLimit: 1_000_000,
    ...(environment && { environment }),
    ...setting.options,
  })
  const quiet = runtime.as('quiet')
  const loud = runtime.as('loud')
  const pace = paceOf(environment)
  const submitted: Promise<TaskHandle>[] = []
  for (const at of arrivals(isOverTime)) {
    await pace.reach(at)
    submitted.push(quiet.submit(job, null))
    for (let number = 0; number < setting.flood; number += 1) loud.submit(job, null).catch(() => undefined)
  }
  const handles = await pace.until(Promise.all(submitted))
  await pace.until(Promise.all(handles.map((handle) => handle.outcome())))
  const waited = handles.map((handle) => {
    const { queuedAt, startedAt } = handle.view()
    return (startedAt ?? Number.NaN) - (queuedAt ?? Number.NaN)
  })
  await pace.until(runtime.stop({ grace: 0 }))
  return waited
}

/** Settings take turns; the first round warms up. */
async function measure(settings: readonly Setting[], isOverTime: boolean, isVirtual: boolean) {
  const measured = new Map<string, { p50: number; p95: number }[]>(settings.map(({ name }) => [name, []]))
  for (let round = isVirtual ? 1 : 0; round <= (isVirtual ? 1 : rounds); round += 1) {
    for (const setting of settings) {
      const waited = await queueTimes(setting, isOverTime, isVirtual)
      if (round > 0) measured.get(setting.name)?.push({ p50: percentile(waited, 0.5), p95: percentile(waited, 0.95) })
    }
  }
  const rows = [...measured].map(([name, all]) => ({
    name,
    p50Ms: Number(median(all.map(({ p50 }) => p50)).toFixed(1)),
    p95Ms: Number(median(all.map(({ p95 }) => p95)).toFixed(1)),
  }))
  const base = rows[0]?.p95Ms ?? Number.NaN
  return rows.map((row) => ({ ...row, timesAlone: Number((row.p95Ms / base).toFixed(2)) }))
}

const results: Record<string, Awaited<ReturnType<typeof measure>>> = {}
for (const isOverTime of [false, true]) {
  for (const isVirtual of [true, false]) {
    // Without fair share the quiet one waits for the whole flood: in real time that would take minutes.
    const settings = isVirtual ? [alone, flooded, limited, bounded, unfair] : [alone, flooded, limited, bounded]
    const name = `${isOverTime ? 'submitted over time' : 'submitted at once'}, ${isVirtual ? 'virtual' : 'real'} time`
    results[name] = await measure(settings, isOverTime, isVirtual)
    console.log(
      `Queue time of ${tasks} tasks of ${jobMs} ms, ${name}; the other principal submits ${times} times as many`,
    )
    console.table(results[name])
  }
}
const text = JSON.stringify({ node: process.version, results }, null, 2)
await writeFile(new URL('flood-results.json', import.meta.url), `${text}\n`)
