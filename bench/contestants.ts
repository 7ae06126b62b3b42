import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { createRuntime, defineTask, taskMachine } from 'taskwright'
import type { AnyActorRef } from 'xstate'
import { createActor, fromPromise } from 'xstate'
import { z } from 'zod'

/** Runs `count` no-op jobs, at most `concurrency` at a time; resolves when all have answered. */
export interface Contestant {
  readonly name: string
  run(count: number, concurrency: number): Promise<void>
}

/** The job: an async function that gives its input back. */
const job = async (input: number): Promise<number> => input

const noop = defineTask({
  type: 'noop',
  kind: 'processing',
  input: z.number(),
  output: z.number(),
  run: (_, input) => job(input),
})

function finished(actor: AnyActorRef): Promise<void> {
  return new Promise((resolve, reject) => {
    actor.subscribe({ complete: resolve, error: reject })
  })
}

/** One task machine, interpreted by XState, through the events of a life without trouble. */
async function liveAsBareMachine(input: number): Promise<void> {
  const actor = createActor(taskMachine, {
    input: { id: `t${input}`, type: 'noop', maxAttempts: 1, conditionsMet: true },
  })
  const done = finished(actor)
  actor.start()
  actor.send({ type: 'start' })
  actor.send({ type: 'validation.passed' })
  actor.send({ type: 'ready' })
  actor.send({ type: 'lease.granted', leaseId: `t${input}#1`, epoch: 1 })
  actor.send({ type: 'allocation.ready', epoch: 1 })
  actor.send({ type: 'handler.started', epoch: 1 })
  const output = await job(input)
  actor.send({ type: 'handler.completed', epoch: 1, output })
  actor.send({ type: 'output.accepted', epoch: 1, output })
  await done
}

const promiseLogic = fromPromise(({ input }: { input: number }) => job(input))

function limited(name: string, live: (input: number) => Promise<unknown>): Contestant {
  return {
    name,
    run: async (count, concurrency) => {
      const limit = pLimit(concurrency)
      await Promise.all(Array.from({ length: count }, (_, input) => limit(() => live(input))))
    },
  }
}

export const contestants: readonly Contestant[] = [
  {
    name: 'taskwright',
    run: async (count, concurrency) => {
      const runtime = await createRuntime({ tasks: [noop], pools: { default: { slots: concurrency } } })
      const live = async (_: unknown, input: number) => (await runtime.submit(noop, input)).result()
      await Promise.all(Array.from({ length: count }, live))
      await runtime.stop()
    },
  },
  limited('bare XState task machine', liveAsBareMachine),
  limited('XState promise actor', async (input) => {
    const actor = createActor(promiseLogic, { input })
    const done = finished(actor)
    actor.start()
    await done
  }),
  {
    name: 'p-queue',
    run: async (count, concurrency) => {
      const queue = new PQueue({ concurrency })
      await Promise.all(Array.from({ length: count }, (_, input) => queue.add(() => job(input))))
    },
  },
  limited('p-limit', job),
]
