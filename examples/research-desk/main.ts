import { parseArgs } from 'node:util'
import type { Priority, Runtime } from 'taskwright'
import { createRuntime } from 'taskwright'
import { serveInspector } from 'taskwright/inspector'
import { embed, migrate, nightly, readPage, research } from './tasks.ts'

/**
 * A desk of agents that research topics, with too few resources, an unreliable world, and an editor who has to approve:
 * something to look at in the visualizer. Runs until it is interrupted.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    /** Ended at once before it goes on: something to look back at. */
    backlog: { type: 'string', default: '0' },
  },
})

const topics = ['tidal power', 'soil microbes', 'quantum sensing', 'urban bees', 'sea ice', 'battery recycling']
const agents = ['ada', 'grace', 'alan', 'barbara', 'edsger']
const priorities: readonly Priority[] = ['low', 'normal', 'normal', 'high', 'critical']

const runtime = await createRuntime({
  tasks: [research, readPage, embed, migrate, nightly],
  pools: {
    default: { slots: 12, memory: 28 },
    llm: { 'llm.tokens': { rate: 110_000, per: 'minute', burst: 16_000 }, usd: { budget: 4 } },
    web: { 'search.requests': { rate: 40, per: 'minute', burst: 6 } },
  },
})
const inspector = await serveInspector(runtime, {
  port: Number(values.port),
  ...(values.token !== undefined && { token: values.token }),
})
console.log(`The research desk works at ${inspector.url}#token=${inspector.token}`)

const pick = <Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item => {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** Submits one more of something, for some agent. What is refused is not pressed: the desk is full. */
async function bringWork(desk: Runtime): Promise<void> {
  const options = { principal: pick(agents), priority: pick(priorities) }
  const chance = Math.random()
  if (chance < 0.2) await desk.submit(research, { topic: pick(topics) }, options)
  else if (chance < 0.75) await desk.submit(embed, { size: Math.ceil(Math.random() * 64) }, options)
  else if (chance < 0.85) await desk.submit(readPage, { url: 'https://example.org/feed', topic: pick(topics) }, options)
  else if (chance < 0.93) await desk.submit(migrate, { shard: Math.ceil(Math.random() * 20) }, options)
  else if (chance < 0.97) await desk.submit(nightly, { topic: pick(topics) }, { ...options, delay: '5m' })
  else {
    const [first] = desk.list({ stage: ['queued', 'executing'], type: 'research' })
    if (first) await desk.submit(nightly, { topic: pick(topics) }, { ...options, after: [first.id] })
  }
}

let isOver = false
/** The editor answers what has been open for a while, so that only the newest questions are left to you. */
const editor = setInterval(() => {
  const [oldest] = runtime.questions()
  if (!oldest || runtime.now() - oldest.askedAt < 30_000) return
  const approve = Math.random() < 0.75
  void runtime.get(oldest.taskId)?.answer({ approve, note: approve ? '' : 'too thin, look again' }, oldest.id)
}, 3_000)

async function keepBusy(): Promise<void> {
  while (!isOver) {
    const { queued } = runtime.stats().byStage
    if (queued < 40) await bringWork(runtime).catch((error: Error) => console.error(error.message))
    await new Promise((resolve) => setTimeout(resolve, 180 + 400 * Math.random()))
  }
}

process.once('SIGINT', () => {
  isOver = true
})
for (let index = 0; index < Number(values.backlog); index += 1) await runtime.submit(embed, { size: 1 })
await keepBusy()
clearInterval(editor)
await inspector.close()
await runtime.stop({ grace: 1_000 })
