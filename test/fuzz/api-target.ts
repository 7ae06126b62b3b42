import { pino } from 'pino'
import type { Runtime } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask } from 'taskwright'
import { z } from 'zod'
import { LiveCallers } from '../../src/inspector/callers.ts'
import { ChartDesk } from '../../src/inspector/charts/chart-routes.ts'
import { EventHistory } from '../../src/inspector/event-history.ts'
import { routes } from '../../src/inspector/routes.ts'
import { FoldedHistory } from '../../src/inspector/subject.ts'

const token = 'the-token-of-the-fuzzer'
const host = 'localhost:1'

const asking = defineTask({
  type: 'asking',
  kind: 'control',
  input: z.null(),
  run: (task) => task.ask(z.string(), 'go on?'),
})

/** The inspector's API on a runtime, without a network in between. */
class Api {
  readonly #fetch: (request: Request) => Response | Promise<Response>

  constructor(runtime: Runtime) {
    const folded = new FoldedHistory(new EventHistory({ events: 1_000, endedTasks: 100 }))
    runtime.on('*', (event) => folded.history.add(event))
    const callers = new LiveCallers({ runtime, history: folded, token, operator: undefined, noted: () => undefined })
    this.#fetch = routes({
      door: { hosts: () => new Set([host]) },
      callers,
      charts: new ChartDesk(runtime),
      files: new Map(),
    }).fetch
  }

  /** @throws Error if it answers with a fault of its own */
  async call(path: string, init: RequestInit = {}): Promise<void> {
    const headers = { host, authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await this.#fetch(new Request(`http://${host}${path}`, { headers, ...init }))
    const text = await response.text()
    if (response.status >= 500) throw new Error(`${path.slice(0, 100)}: ${response.status} ${text.slice(0, 500)}`)
    JSON.parse(text)
  }
}

let api: Promise<Api> | null = null

async function start(): Promise<Api> {
  const runtime = await createRuntime({
    environment: createVirtualEnvironment(),
    tasks: [asking],
    retain: 100,
    logger: pino({ level: 'silent' }),
  })
  for (let count = 0; count < 3; count += 1) await runtime.submit(asking, null)
  return new Api(runtime)
}

const commands = [
  { action: 'cancel', tasks: { ids: ['task_1', 'task_2'] }, why: 'no longer needed', dryRun: true },
  { action: 'retry', tasks: { stages: ['failed'], types: ['asking'], principals: ['host'] }, why: '' },
  { action: 'reprioritise', priority: 'high', tasks: { ids: ['task_3'] } },
  { action: 'answer', taskId: 'task_1', questionId: 'q1', answer: { deep: [1, null, 'yes'] }, why: 'asked' },
  { action: 'resize', resource: 'slots', capacity: 4, why: 'more' },
  { action: 'pauseAll' },
]

export const apiTarget = {
  name: 'api',
  seeds: () => Promise.resolve([...commands.map((command) => JSON.stringify(command)), 'stage=queued&type=a&limit=10']),
  /** As a command, as a query, as the name of a task, and as a token. */
  async read(text: string): Promise<void> {
    api ??= start()
    const started = await api
    const call = (path: string, init?: RequestInit) => started.call(path, init)
    await call('/api/v1/commands', { method: 'POST', body: text })
    const query = encodeURIComponent(text.slice(0, 2_000).toWellFormed())
    await call(`/api/v1/tasks?${text.slice(0, 2_000).toWellFormed().replaceAll('#', '')}`)
    await call(`/api/v1/tasks/${query}`)
    const bearer = text.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 2_000)
    await call('/api/v1/caller', { headers: { host, authorization: `Bearer ${bearer}` } })
  },
}
