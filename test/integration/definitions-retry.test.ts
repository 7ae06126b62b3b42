import { defineTask, NonRetryableError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

describe('retry', () => {
  const delaysOf = async (seed: number, jitter: boolean) => {
    const { runtime, run, events } = await virtualWorld({ seed })
    const definition = defineTask({
      type: 'flaky',
      kind: 'integration',
      input: z.unknown(),
      retry: { attempts: 6, backoff: 100, factor: 3, maxBackoff: 2_000, jitter },
      run: () => {
        throw new Error('down')
      },
    })
    const outcome = await run((await runtime.submit(definition, null)).outcome())
    expect(outcome).toMatchObject({
      status: 'failed',
      attempts: 6,
      failure: { code: 'HANDLER_FAILED', message: 'down' },
    })
    return events.flatMap((event) => (event.type === 'task.retrying' ? [event.delayMs] : []))
  }

  test('backs off by the factor, up to the longest delay', async () => {
    expect(await delaysOf(1, false)).toEqual([100, 300, 900, 2_000, 2_000])
  })

  test('jitter draws from the seed: the same one gives the same delays, another gives others', async () => {
    const one = await delaysOf(7, true)
    expect(await delaysOf(7, true)).toEqual(one)
    expect(await delaysOf(8, true)).not.toEqual(one)
    for (const [index, most] of [100, 300, 900, 2_000, 2_000].entries()) {
      expect(one[index]).toBeGreaterThanOrEqual(0)
      expect(one[index]).toBeLessThan(most)
    }
  })

  test('a day of waiting between attempts takes no time, and is a day', async () => {
    const { runtime, run, environment } = await virtualWorld()
    const definition = defineTask({
      type: 'patient',
      kind: 'integration',
      input: z.unknown(),
      retry: { attempts: 2, backoff: '1d', jitter: false },
      run: ({ attempt }) => {
        if (attempt === 1) throw new Error('come back tomorrow')
        return 'done'
      },
    })
    expect(await run((await runtime.submit(definition, null)).result())).toBe('done')
    expect(environment.clock.now()).toBe(86_400_000)
  })

  test('without backoff a thousand and more attempts are as many tries', async () => {
    const { runtime, run, types } = await virtualWorld()
    const definition = defineTask({
      type: 'stubborn',
      kind: 'integration',
      input: z.unknown(),
      retry: { attempts: 1_100, backoff: 0 },
      run: ({ attempt }) => {
        if (attempt < 1_100) throw new Error('again')
        return attempt
      },
    })
    expect(await run((await runtime.submit(definition, null)).result())).toBe(1_100)
    expect(types()).not.toContain('supervisor.crash')
  })

  test('NonRetryableError fails at once', async () => {
    const { runtime, run } = await virtualWorld()
    const definition = defineTask({
      type: 'hopeless',
      kind: 'integration',
      input: z.unknown(),
      retry: { attempts: 5, backoff: 1 },
      run: () => {
        throw new NonRetryableError('the account is closed', { cause: 404 })
      },
    })
    const handle = await runtime.submit(definition, null)
    expect(await run(handle.outcome())).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { message: 'the account is closed', retryable: false },
    })
  })
})
