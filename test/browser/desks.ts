import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import type { Runtime, RuntimeOptions } from '../../src/index.ts'
import { createRuntime, defineTask, NonRetryableError, sequence } from '../../src/index.ts'
import type { Inspector, InspectorOptions } from '../../src/inspector/index.ts'
import { serveInspector } from '../../src/inspector/index.ts'

export const token = 'a-token-for-the-browser-tests'

const what = z.object({ what: z.enum(['end', 'wait', 'fail', 'flaky', 'approve', 'form', 'stuck', 'step']) })

/** Does as it is told. */
export const work = defineTask({
  type: 'work',
  kind: 'processing',
  input: what,
  output: z.unknown(),
  retry: { attempts: 2, backoff: '1h' },
  rollbackRetry: { attempts: 1 },
  validate: ({ what }) => what !== 'stuck' || 'nobody may be stuck',
  async run(task, { what }) {
    task.log.info('told to', { what })
    task.progress(0.4, 'under way')
    if (what === 'wait') await task.sleep('1h')
    if (what === 'flaky') throw new Error('not this time')
    if (what === 'fail') throw new NonRetryableError('as it was told')
    if (what === 'approve')
      return { approved: await task.ask(z.boolean(), 'Shall it go on?', { timeout: '1h', default: false }) }
    if (what === 'form')
      return await task.ask(
        z.object({
          approve: z.boolean().describe('Approve it'),
          note: z.string().max(80).default('').describe('A note'),
          copies: z.number().int().min(1).max(9).describe('How many copies'),
          channel: z.enum(['web', 'print']).describe('Where'),
        }),
        'How shall it be published?',
      )
    if (what === 'step') {
      await task.step('write', () => 1, {
        undo: () => {
          throw new Error('the disk is full')
        },
      })
      throw new NonRetryableError('after the step')
    }
    task.used({ slots: 1 })
    return { answer: 42 }
  },
})

/** Holds more than is left when the others run. */
const greedy = defineTask({
  type: 'greedy',
  kind: 'analysis',
  input: z.null(),
  demand: { slots: 8, tokens: 50 },
  run: (task) => task.sleep('1h'),
})

const pipeline = sequence({
  type: 'pipeline',
  members: [
    defineTask({
      type: 'member',
      kind: 'analysis',
      input: z.null(),
      output: z.null(),
      run: async (task) => {
        await task.sleep('1h')
        return null
      },
    }),
  ],
})

export interface Desk {
  readonly runtime: Runtime
  readonly inspector: Inspector
  /** The page, with nobody's token. */
  readonly url: string
}

export async function openDesk(options: RuntimeOptions = {}, served: InspectorOptions = {}): Promise<Desk> {
  const runtime = await createRuntime({
    tasks: [work, greedy, pipeline],
    pools: {
      default: { slots: 12 },
      llm: { tokens: { rate: 600, per: 'minute', burst: 100 }, usd: { budget: 5 } },
    },
    logger: pino({ level: 'silent' }),
    ...options,
  })
  const inspector = await serveInspector(runtime, { token, ...served })
  onTestFinished(async () => {
    await inspector.close()
    await runtime.stop({ grace: 100, unfinished: 'cancel' })
  })
  return { runtime, inspector, url: inspector.url }
}

/** The address of a view for somebody who has the token. */
export function withToken({ url }: { readonly url: string }): string {
  return `${url}#token=${token}`
}

export async function until(isSo: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  const end = performance.now() + 8_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not come about in 8 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A runtime in which something is in every stage that lasts. */
export async function openBusyDesk(): Promise<Desk & { readonly ids: Readonly<Record<string, string>> }> {
  const desk = await openDesk()
  const { runtime } = desk
  const told = async (one: z.input<typeof what>['what'], options = {}) =>
    (await runtime.submit(work, { what: one }, { principal: 'ada', ...options })).id
  const ids: Record<string, string> = {}
  for (const one of ['end', 'fail', 'flaky', 'approve', 'form', 'stuck', 'step', 'wait'] as const)
    ids[one] = await told(one, { demand: { slots: 1, usd: 0.5 } })
  ids['late'] = await told('end', { delay: '1h', priority: 'low' })
  ids['after'] = await told('end', { after: [ids['wait']], principal: 'grace', labels: { desk: 'north' } })
  ids['paused'] = await told('wait')
  runtime.get(ids['paused'])?.pause()
  ids['flow'] = (await runtime.submit(pipeline, null, { principal: 'grace', priority: 'high' })).id
  ids['cancelled'] = await told('wait')
  void runtime.get(ids['cancelled'])?.cancel('not needed')
  ids['greedy'] = (await runtime.submit(greedy, null, { priority: 'critical' })).id
  ids['queued'] = (await runtime.submit(greedy, null, { deadlineAt: runtime.now() + 7_200_000 })).id
  await until(() => {
    const { completed, failed, retrying, rejected, cancelled, waiting, queued } = runtime.stats().byStage
    return completed > 0 && failed > 1 && retrying > 0 && rejected > 0 && cancelled > 0 && waiting > 1 && queued > 0
  }, 'something in every stage')
  return { ...desk, ids }
}
