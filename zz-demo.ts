import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createRuntime, defineTask, parallel, sequence, graph } from './src/index.ts'
import { serveInspector } from './src/inspector/index.ts'
import { setup, assign, fromPromise } from 'xstate'
const machine = setup({
  types: { context: {} as { rounds: number }, events: {} as { type: 'reviewed' } | { type: 'reject' } },
  actors: { fetchPages: fromPromise(() => sleep(900)) },
  actions: { note: () => {}, count: assign(({ context }) => ({ rounds: context.rounds + 1 })) },
  guards: { isEnough: ({ context }) => context.rounds >= 6 },
}).createMachine({
  id: 'crawl', context: { rounds: 0 }, initial: 'fetching', on: { reject: '.rejected' },
  states: {
    fetching: { invoke: { id: 'pages', src: 'fetchPages', onDone: 'reading', onError: { target: 'rejected', actions: 'note' } } },
    reading: { type: 'parallel', onDone: 'reviewing', states: {
      text: { initial: 'parsing', states: { parsing: { after: { 2500: 'summarising' } }, summarising: { after: { 3500: 'done' } }, done: { type: 'final' } } },
      links: { initial: 'collecting', states: { collecting: { after: { 1200: { target: 'checking', actions: 'count' } } }, checking: { after: { 900: 'collecting' }, always: { guard: 'isEnough', target: 'done' } }, done: { type: 'final' } } },
    } },
    reviewing: { after: { 4000: 'published' }, on: { reviewed: 'published' } },
    published: { type: 'final' }, rejected: { type: 'final' },
  },
})
const crawl = defineTask({ type: 'crawl', kind: 'integration', input: z.object({ n: z.number() }), timeout: '60s', run: machine })
const fetchPage = defineTask({ type: 'fetch-page', kind: 'integration', input: z.object({ n: z.number() }), timeout: '8s', retry: { attempts: 3, backoff: '2s' },
  async run(task, { n }) { for (let i = 0; i < 4; i++) { await task.sleep(200 + task.random() * 700); task.progress(i / 4) } if (task.random() < 0.15) throw new Error('upstream said 503'); return n } })
const summarise = defineTask({ type: 'summarise', kind: 'analysis', input: z.object({ n: z.number() }), async run(task, { n }) { await task.step('draft', () => sleep(300 + n % 7 * 120), { undo: () => sleep(200) }); await task.sleep(600 + task.random() * 900); return n } })
const approve = defineTask({ type: 'approve', kind: 'control', input: z.object({ n: z.number() }), async run(task) { return task.ask(z.boolean(), 'Publish?', { timeout: '40s', default: true }) } })
const runtime = await createRuntime({ tasks: [crawl, fetchPage, summarise, approve], pools: { default: { slots: 10 } } })
const inspector = await serveInspector(runtime, { port: Number(process.argv[2] ?? 4700), token: 'demo-token-demo-token' })
console.log(inspector.url)
let n = 0
const agents = ['ada', 'brook', 'cy'].map((id) => ({ id, kind: 'agent' as const }))
const flow = (k: number) => sequence(`research-${k % 3}`, [summarise, summarise])
for (let k = 0; k < Number(process.argv[3] ?? 1e9); k++) {
  const principal = agents[k % 3]
  n++
  if (k % 3 === 0) void (await runtime.submit(fetchPage, { n }, { principal, priority: k % 2 ? 'high' : 'normal' })).outcome()
  if (k % 4 === 1) void (await runtime.submit(summarise, { n }, { principal })).outcome()
  if (k % 9 === 0) void (await runtime.submit(crawl, { n }, { principal })).outcome()
  if (k % 13 === 2) void (await runtime.submit(approve, { n }, { principal })).outcome()
  if (k % 17 === 5) { const h = await runtime.submit(summarise, { n }, { principal }); setTimeout(() => void h.cancel('no longer needed'), 900) }
  await sleep(Number(process.argv[4] ?? 420))
}
