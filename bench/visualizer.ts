import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { z } from 'zod'
import { createRuntime, defineTask } from '../src/index.ts'
import { serveInspector } from '../src/inspector/index.ts'
import { chromiumPath } from '../test/browser/chromium.ts'

/**
 * What the page costs who looks at it: the size of its script, and how long its frames take while a runtime makes 500
 * transitions a second, with nothing else listed and with 10,000 tasks. Prints a table, writes bench/visualizer-results.json.
 */
const transitionsPerSecond = 500
const tasksListed = 10_000
const measuredMs = 10_000
/** Entries into a stage in the life of a task that simply completes: created … completed. */
const transitionsOfTask = 8

const brief = defineTask({
  type: 'brief',
  kind: 'processing',
  input: z.number(),
  run: async (task, ms) => {
    task.progress(0.5, 'half way')
    await task.sleep(ms)
  },
})

function scriptKilobytes(): number {
  const folder = join(import.meta.dirname, '../dist/visualizer/assets')
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0) / 1024
}

const frames = z.array(z.number())

/** Times between frames, in ms, smallest first. */
async function frameTimes(page: Page): Promise<number[]> {
  const times: unknown = await page.evaluate(`new Promise((resolve) => {
    const times = []
    const end = performance.now() + ${measuredMs}
    let last = null
    const frame = (at) => {
      if (last !== null) times.push(at - last)
      last = at
      if (at < end) requestAnimationFrame(frame)
      else resolve(times)
    }
    requestAnimationFrame(frame)
  })`)
  return frames.parse(times).sort((one, other) => one - other)
}

const at = (sorted: readonly number[], share: number) =>
  Math.round(10 * (sorted[Math.ceil(share * sorted.length) - 1] ?? 0)) / 10

const runtime = await createRuntime({
  tasks: [brief],
  pools: { default: { slots: 64 } },
  retain: 2 * tasksListed,
  logger: pino({ level: 'silent' }),
})
const inspector = await serveInspector(runtime)
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })

const devtools = await page.context().newCDPSession(page)
await devtools.send('Performance.enable')

async function busyMs(): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
}

let isOver = false
/** Submits at an even pace, whatever the timers do. */
async function load(): Promise<void> {
  const perMs = transitionsPerSecond / transitionsOfTask / 1_000
  let due = 0
  for (let last = performance.now(); !isOver; ) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = performance.now()
    for (due += (now - last) * perMs; due >= 1; due -= 1) void runtime.submit(brief, 50)
    last = now
  }
}

interface Measured {
  readonly view: string
  readonly tasks: number
  readonly eventsPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** Work of the page's main thread in each second, of whatever kind. */
  readonly busyMsPerSecond: number
}

async function measure(view: string): Promise<Measured> {
  await page.goto(`${inspector.url}#/${view}`)
  await page.reload()
  await page.waitForTimeout(3_000)
  let events = 0
  const stop = runtime.on('*', () => {
    events += 1
  })
  const tasks = runtime.list().length
  const before = await busyMs()
  const times = await frameTimes(page)
  const busyMsPerSecond = Math.round(((await busyMs()) - before) * (1_000 / measuredMs))
  stop()
  return {
    view,
    tasks,
    eventsPerSecond: Math.round((events * 1_000) / measuredMs),
    p50Ms: at(times, 0.5),
    p95Ms: at(times, 0.95),
    p99Ms: at(times, 0.99),
    busyMsPerSecond,
  }
}

const measured: Measured[] = []
const loading = load()
for (const view of ['tasks', 'resources', 'health', 'timeline']) measured.push(await measure(view))
while (runtime.list().length < tasksListed)
  await Promise.all(Array.from({ length: 500 }, async () => (await runtime.submit(brief, 0)).result()))
for (const view of ['tasks', 'tasks?sort=priority', 'tasks?q=brief', 'timeline']) measured.push(await measure(view))
isOver = true
await loading
await browser.close()
await inspector.close()
await runtime.stop({ grace: 1_000 })

const script = scriptKilobytes()
console.log(`script: ${script.toFixed(1)} KB gzip; load of the machine: ${loadavg()[0]?.toFixed(1)}`)
console.table(measured)
writeFileSync(
  join(import.meta.dirname, 'visualizer-results.json'),
  `${JSON.stringify({ scriptKilobytes: script, loadOfMachine: loadavg()[0], measured }, null, 2)}\n`,
)
