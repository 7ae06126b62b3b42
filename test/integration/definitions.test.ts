import type { TaskSpec } from 'taskwright'
import { defineTask, RefusedError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { untyped } from './untyped.ts'
import { virtualWorld } from './virtual-runtime.ts'

function refusalOf(call: () => unknown): RefusedError {
  try {
    call()
  } catch (thrown) {
    if (thrown instanceof RefusedError) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

describe('defineTask', () => {
  test('fills in every default', () => {
    const definition = defineTask({ type: 'plain', kind: 'processing', input: z.string(), run: (_, text) => text })
    expect(definition).toMatchObject({
      type: 'plain',
      kind: 'processing',
      version: 1,
      priority: 2,
      timeoutMs: null,
      heartbeatMs: null,
      retry: { attempts: 1, backoffMs: 1_000, factor: 2, maxBackoffMs: 100_000, jitter: true },
      rollbackRetry: { attempts: 3, backoffMs: 200 },
      rollbackTimeoutMs: 30_000,
      graceMs: 5_000,
      concurrency: null,
      maxOutputBytes: null,
    })
    expect(definition.demandOf('x')).toBeNull()
    expect(definition.estimateMsOf('x')).toBeNull()
    expect(Object.isFrozen(definition)).toBe(true)
  })

  test('reads durations, priorities, demands and estimates', () => {
    const definition = defineTask({
      type: 'rich',
      kind: 'analysis',
      version: 3,
      input: z.object({ size: z.number() }),
      demand: ({ size }) => ({ slots: size }),
      estimate: ({ size }) => size * 10,
      priority: 'critical',
      timeout: '1.5m',
      heartbeat: 250,
      retry: { attempts: 4, backoff: '2s', factor: 3, maxBackoff: '10s', jitter: false },
      run: () => undefined,
    })
    expect(definition).toMatchObject({
      version: 3,
      priority: 4,
      timeoutMs: 90_000,
      heartbeatMs: 250,
      retry: { attempts: 4, backoffMs: 2_000, factor: 3, maxBackoffMs: 10_000, jitter: false },
    })
    expect(definition.demandOf({ size: 2 })).toEqual({ slots: 2 })
    expect(definition.estimateMsOf({ size: 2 })).toBe(20)
  })

  test('lists every problem of a definition at once', () => {
    const refusal = refusalOf(() =>
      defineTask(
        untyped<TaskSpec<z.ZodType, z.ZodType>>({
          type: '',
          kind: 'magic',
          version: 0,
          input: { parse: () => 1 },
          demand: { slots: -1 },
          priority: 'urgent',
          timeout: '3 weeks',
          heartbeat: -5,
          retry: { attempts: 0, factor: Number.NaN, tries: 3 },
          concurrency: 1.5,
          hooks: { finished: () => undefined, completed: 'shout' },
          run: 'later',
        }),
      ),
    )
    expect(refusal.code).toBe('DEFINITION_INVALID')
    const said = refusal.problems.join('\n')
    for (const field of [
      'type',
      'kind',
      'version',
      'input',
      'demand',
      'priority',
      'timeout',
      'heartbeat',
      'retry.attempts',
      'retry.factor',
      'tries',
      'concurrency',
      'finished',
      'hooks.completed',
      'run',
    ]) {
      expect(said).toContain(field)
    }
    expect(refusal.message).toContain("'30s'")
  })

  test.each([[undefined], [null], ['text'], [42], [[]]])('refuses %j, which is no definition at all', (spec) => {
    expect(refusalOf(() => defineTask(untyped<TaskSpec<z.ZodType, z.ZodType>>(spec))).code).toBe('DEFINITION_INVALID')
  })

  test('refuses a field that it does not know, so that a typing error is no silent default', () => {
    const refusal = refusalOf(() =>
      defineTask(
        untyped<TaskSpec<z.ZodType, z.ZodType>>({
          type: 't',
          kind: 'control',
          input: z.unknown(),
          run: () => 1,
          timeOut: '5s',
        }),
      ),
    )
    expect(refusal.problems.join()).toContain('timeOut')
  })

  test('keeps `this` of a definition written as an object with methods', async () => {
    const { runtime, run } = await virtualWorld()
    const spec = {
      type: 'method',
      kind: 'processing' as const,
      input: z.number(),
      output: z.number(),
      base: 40,
      run(_: unknown, more: number) {
        return this.base + more
      },
    }
    const { base, ...plain } = spec
    const handle = await runtime.submit(defineTask({ ...plain, run: spec.run.bind({ ...plain, base }) }), 2)
    expect(await run(handle.result())).toBe(42)
  })
})

describe('input and output', () => {
  test('the handler gets what the input schema makes of the input, and the caller what the output schema makes', async () => {
    const { runtime, run } = await virtualWorld()
    const definition = defineTask({
      type: 'transforming',
      kind: 'processing',
      input: z.object({ count: z.coerce.number().default(7), tags: z.string().transform((tags) => tags.split(',')) }),
      output: z.object({
        total: z.number().transform((total) => `${total} in all`),
        extra: z.string().default('none'),
      }),
      run: (_, { count, tags }) => ({ total: count + tags.length }),
    })
    const handle = await runtime.submit(definition, { tags: 'a,b' })
    expect(await run(handle.result())).toEqual({ total: '9 in all', extra: 'none' })
  })

  test.each(['sync', 'async'])('a %s schema parses the input and the output exactly once', async (mode) => {
    const { runtime, run } = await virtualWorld()
    const parsed: string[] = []
    const counting = (what: string) =>
      mode === 'sync'
        ? z.string().transform((text) => {
            parsed.push(what)
            return `${text}!`
          })
        : z
            .string()
            .transform((text) => {
              parsed.push(what)
              return `${text}!`
            })
            .refine(async (text) => {
              parsed.push(`${what} refined`)
              return text.endsWith('!')
            })
    const definition = defineTask({
      type: 'counting',
      kind: 'processing',
      input: counting('input'),
      output: counting('output'),
      retry: { attempts: 3, backoff: 10 },
      run: (task, text) => {
        if (task.attempt < 3) throw new Error('again')
        return text
      },
    })
    const handle = await run(runtime.submit(definition, 'x'))
    expect(await run(handle.result())).toBe('x!!')
    expect(parsed).toEqual(
      mode === 'sync' ? ['input', 'output'] : ['input', 'input refined', 'output', 'output refined'],
    )
  })

  test('an asynchronous refinement refuses at the door, with the path of the problem', async () => {
    const { runtime, refusal, types } = await virtualWorld()
    const taken = z.string().refine(async (name) => name !== 'taken', 'that name is taken')
    const definition = defineTask({
      type: 'names',
      kind: 'processing',
      input: z.object({ user: z.object({ name: taken }) }),
      run: () => undefined,
    })
    expect(await refusal(runtime.submit(definition, { user: { name: 'taken' } }))).toMatchObject({
      code: 'INPUT_INVALID',
      problems: ['input.user.name: that name is taken'],
    })
    expect(types()).not.toContain('task.created')
  })
})
