import type { TaskStage } from 'taskwright'
import { defineTask } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

describe('validate', () => {
  const validating = (validate: (input: string) => unknown) =>
    defineTask({
      type: 'validating',
      kind: 'analysis',
      input: z.string(),
      timeout: '1s',
      validate: untyped<(input: string) => boolean>(validate),
      run: () => 'ran',
    })

  test.each([
    ['nothing', () => undefined],
    ['true', () => true],
    ['an empty list', () => []],
    ['a promise of true', async () => true],
    ['null, from a host without types', () => null],
    ['a promise of null', async () => null],
  ])('%s lets the task in', async (_, validate) => {
    const { runtime, run } = await virtualWorld()
    const handle = await runtime.submit(validating(validate), 'x')
    expect(await run(handle.result())).toBe('ran')
  })

  test.each([
    ['false', () => false, 'validate() answered false'],
    ['a sentence', () => 'too long', 'too long'],
    ['a list', () => ['too long', 'too blue'], 'too long; too blue'],
    ['a promise of a sentence', async () => 'too late', 'too late'],
    [
      'a throw',
      () => {
        throw new Error('no database')
      },
      'validate() threw: no database',
    ],
    [
      'a rejection with undefined',
      () => Promise.reject(undefined),
      'validate() threw: a non-error was thrown: undefined',
    ],
    ['a number, which is no verdict', () => 7, 'validate() threw'],
    ['a promise of a number', async () => 7, 'validate() threw'],
    ['a promise that never settles', () => new Promise(() => undefined), 'validate() took longer than 1000 ms'],
    [
      'a thenable that calls back twice',
      // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
      () => ({ then: (resolve: (verdict: string) => void) => [resolve('first'), resolve('second')] }),
      'first',
    ],
  ])('%s rejects the task, which never runs and holds nothing', async (_, validate, message) => {
    const { runtime, run, types } = await virtualWorld()
    const handle = await runtime.submit(validating(validate), 'x')
    const outcome = await run(handle.outcome())
    expect(outcome).toMatchObject({ status: 'rejected', attempts: 0, failure: { code: 'VALIDATION_FAILED' } })
    expect(outcome.status === 'rejected' && outcome.failure.message).toContain(message)
    expect(types()).not.toContain('task.executing')
    expect(types().filter((type) => type === 'task.rejected')).toHaveLength(1)
    await expect(handle.result()).rejects.toThrow(message)
  })

  test('is told to stop when its task is cancelled, and what it answers later changes nothing', async () => {
    const { runtime, run, advance, types } = await virtualWorld()
    let aborted = false
    const verdict = Promise.withResolvers<boolean>()
    const definition = defineTask({
      type: 'slow',
      kind: 'analysis',
      input: z.string(),
      validate: (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return verdict.promise
      },
      run: () => 'ran',
    })
    const handle = await runtime.submit(definition, 'x')
    expect(handle.view().stage).toBe('validating')
    expect(await run(handle.cancel('changed my mind'))).toMatchObject({
      status: 'cancelled',
      failure: { code: 'CANCELLED', message: 'changed my mind' },
      rollback: { status: 'none' },
    })
    expect(aborted).toBe(true)
    verdict.resolve(true)
    await advance(1)
    expect(types().at(-1)).toBe('task.cancelled')
  })
})

describe('hooks', () => {
  test('are told of each stage in turn, from the first on', async () => {
    const { runtime, run } = await virtualWorld()
    const told: string[] = []
    const stages: TaskStage[] = [
      'created',
      'validating',
      'waiting',
      'queued',
      'allocating',
      'executing',
      'retrying',
      'completing',
      'completed',
    ]
    const definition = defineTask({
      type: 'hooked',
      kind: 'processing',
      input: z.unknown(),
      retry: { attempts: 2, backoff: 5 },
      hooks: Object.fromEntries(
        stages.map((stage) => [stage, ({ attempt }: { attempt: number }) => told.push(`${stage} ${attempt}`)]),
      ),
      run: ({ attempt }) => {
        if (attempt === 1) throw new Error('once')
      },
    })
    await run((await runtime.submit(definition, null)).result())
    expect(told).toEqual([
      'created 0',
      'validating 0',
      'waiting 0',
      'queued 0',
      'allocating 0',
      'executing 1',
      'retrying 1',
      'queued 1',
      'allocating 1',
      'executing 2',
      'completing 2',
      'completed 2',
    ])
  })

  test('one that throws or rejects changes nothing', async () => {
    const { runtime, run, types } = await virtualWorld()
    const bad = () => {
      throw Object.freeze({ no: 'error' })
    }
    const definition = defineTask({
      type: 'bad-hooks',
      kind: 'processing',
      input: z.unknown(),
      hooks: {
        created: bad,
        queued: bad,
        executing: () => Promise.reject(null),
        completing: bad,
        completed: async () => bad(),
      },
      run: () => 'fine',
    })
    expect(await run((await runtime.submit(definition, null)).result())).toBe('fine')
    expect(types()).not.toContain('supervisor.crash')
  })
})
