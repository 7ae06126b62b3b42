import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext } from 'taskwright'
import { defineTask, graph, map, NonRetryableError } from 'taskwright'
import { z } from 'zod'

const topic = z.object({ topic: z.string() })
const page = z.object({ url: z.string(), topic: z.string() })

/** Works for about `ms`, and tells how far it is. */
async function work(task: TaskContext, ms: number, ...phases: readonly string[]): Promise<void> {
  const length = ms * (0.6 + 0.8 * task.random())
  for (const [index, phase] of phases.entries()) {
    task.progress(index / phases.length, phase)
    await task.sleep(Math.round(length / phases.length))
  }
  task.progress(1)
}

const search = defineTask({
  type: 'search',
  kind: 'integration',
  input: topic,
  output: z.array(page),
  demand: { slots: 1, 'search.requests': 1 },
  retry: { attempts: 3, backoff: '900ms' },
  timeout: '20s',
  async run(task, { topic }) {
    await work(task, 900, 'asking', 'ranking')
    if (task.random() < 0.12) throw new Error('the search service answered 503')
    return [1, 2, 3].map((place) => ({ url: `https://example.org/${topic.replaceAll(' ', '-')}/${place}`, topic }))
  },
})

export const readPage = defineTask({
  type: 'read-page',
  kind: 'processing',
  input: page,
  output: z.object({ url: z.string(), words: z.number() }),
  demand: { slots: 1, memory: 2 },
  retry: { attempts: 4, backoff: '600ms', jitter: true },
  timeout: '8s',
  async run(task, { url }) {
    const size = await task.step('fetch', async () => {
      await work(task, 700, 'connecting', 'fetching')
      if (task.random() < 0.1) throw new Error(`connection reset by ${new URL(url).host}`)
      return Math.round(400 + 3_000 * task.random())
    })
    task.log.info('fetched', { url, words: size })
    await task.step('clean', () => work(task, 500, 'parsing', 'cleaning'))
    return { url, words: size }
  },
})

const readPages = map({ type: 'read-pages', member: readPage, concurrency: 3 })

const claims = defineTask({
  type: 'extract-claims',
  kind: 'analysis',
  input: z.object({ pages: z.array(z.object({ url: z.string(), words: z.number() })) }),
  output: z.object({ claims: z.number() }),
  demand: ({ pages }) => ({ slots: 1, 'llm.tokens': pages.reduce((sum, { words }) => sum + words, 200), usd: 0.02 }),
  retry: { attempts: 2, backoff: '1s' },
  estimate: '3s',
  async run(task, { pages }) {
    await work(task, 2_600, 'reading', 'finding claims', 'grouping')
    task.used({ 'llm.tokens': 900 + Math.round(900 * task.random()), usd: 0.012 })
    return { claims: pages.length * 4 }
  },
})

const verify = defineTask({
  type: 'verify-claims',
  kind: 'analysis',
  input: z.object({ claims: z.number() }),
  output: z.object({ kept: z.number() }),
  demand: { slots: 1, 'llm.tokens': 1_200, usd: 0.01 },
  concurrency: 6,
  async run(task, { claims }) {
    await work(task, 1_800, 'checking sources', 'weighing')
    if (task.random() < 0.07) throw new NonRetryableError('two sources contradict each other')
    return { kept: Math.max(1, claims - 2) }
  },
})

const publish = defineTask({
  type: 'publish-report',
  kind: 'integration',
  input: z.object({ topic: z.string(), kept: z.number() }),
  output: z.object({ id: z.string(), by: z.string() }),
  demand: { slots: 1 },
  timeout: '10m',
  async run(task, { topic, kept }) {
    await task.step('upload draft', () => work(task, 500, 'uploading'), { undo: () => task.log.info('draft deleted') })
    await task.step('reserve address', () => work(task, 300, 'reserving'), {
      undo: () => task.log.info('address given back'),
    })
    const { approve, note } = await task.ask(
      z.object({
        approve: z.boolean().describe('Publish it'),
        note: z.string().max(200).default('').describe('Note for the authors'),
        channel: z.enum(['web', 'newsletter', 'both']).default('web').describe('Where it appears'),
      }),
      `Publish “${topic}” with ${kept} verified claims?`,
      { timeout: '4m', default: { approve: true, note: '', channel: 'web' } },
    )
    if (!approve) throw new NonRetryableError(note || 'the editor said no')
    await task.step('go live', () => work(task, 400, 'going live'))
    return { id: task.id, by: note || 'default' }
  },
})

export const research = graph({
  type: 'research',
  input: topic,
  nodes: (node) => ({
    found: node(search, { input: ({ input }) => input }),
    read: node(readPages, { after: { found: search }, input: ({ found }) => found }),
    extracted: node(claims, { after: { read: readPages }, input: ({ read }) => ({ pages: [...read] }) }),
    verified: node(verify, { after: { extracted: claims }, input: ({ extracted }) => extracted }),
    published: node(publish, {
      after: { verified: verify },
      input: ({ input, verified }) => ({ topic: input.topic, kept: verified.kept }),
    }),
  }),
})

export const embed = defineTask({
  type: 'embed-batch',
  kind: 'processing',
  input: z.object({ size: z.number().int().min(1).max(64) }),
  output: z.number(),
  demand: ({ size }) => ({ slots: 1, memory: Math.ceil(size / 8), 'llm.tokens': size * 40 }),
  priority: 'low',
  retry: { attempts: 3, backoff: '500ms' },
  async run(task, { size }) {
    await work(task, 120 * Math.sqrt(size), 'embedding', 'storing')
    if (task.random() < 0.05) throw new Error('the vector store timed out')
    return size
  },
})

export const migrate = defineTask({
  type: 'migrate-index',
  kind: 'integration',
  input: z.object({ shard: z.number() }),
  demand: { slots: 1, memory: 6 },
  rollbackRetry: { attempts: 3, backoff: '700ms' },
  async run(task, { shard }) {
    for (const name of ['copy', 'switch', 'drop old']) {
      await task.step(`${name} ${shard}`, () => work(task, 1_400, name), {
        undo: async (_result, { signal, attempt }) => {
          await sleep(600, undefined, { signal })
          if (attempt < 3 && Math.random() < 0.3) throw new Error(`shard ${shard} is locked`)
        },
      })
      if (name === 'switch' && task.random() < 0.5) throw new NonRetryableError(`shard ${shard} has no quorum`)
    }
  },
})

export const nightly = defineTask({
  type: 'nightly-digest',
  kind: 'control',
  input: topic,
  demand: { slots: 1 },
  async run(task) {
    await work(task, 1_500, 'collecting', 'writing')
  },
})
