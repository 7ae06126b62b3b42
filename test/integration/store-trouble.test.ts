import type { Store } from 'taskwright'
import { defineTask, MemoryStore } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { HeldStore } from '../../src/testing/lifecycle/held-store.ts'
import type { World } from './virtual-runtime.ts'
import { virtualWorld } from './virtual-runtime.ts'

const echo = defineTask({ type: 'echo', kind: 'processing', input: z.unknown(), run: (_, input) => input })

/** A store that cannot write while it has a problem. */
class FaultyStore extends MemoryStore implements Store {
  problem: string | null = null
  tries = 0
  /** Breaks the rule that a flush rejects. */
  throwsAtOnce = false

  override flush(): void | Promise<void> {
    this.tries += 1
    if (this.problem === null) return Promise.resolve()
    if (this.throwsAtOnce) throw new Error(this.problem)
    return Promise.reject(new Error(this.problem))
  }
}

const alerts = ({ events }: World) => events.flatMap((event) => (event.type === 'alert' ? [event.message] : []))

/** Whether a promise has settled by now, and how. */
function watched<Value>(promise: Promise<Value>): { state: string; value: Value | null } {
  const seen: { state: string; value: Value | null } = { state: 'pending', value: null }
  promise.then(
    (value) => Object.assign(seen, { state: 'resolved', value }),
    (thrown: { code?: string }) => Object.assign(seen, { state: thrown.code ?? String(thrown) }),
  )
  return seen
}

describe('a store that cannot write', () => {
  test.each([
    ['rejects', false],
    ['throws', true],
  ])('and %s degrades the runtime until it can', async (_, throwsAtOnce) => {
    const store = new FaultyStore()
    store.throwsAtOnce = throwsAtOnce
    const world = await virtualWorld({ store, tasks: [echo] })
    const { runtime, advance, run, refusal } = world
    store.problem = 'no room'
    const pending = watched(runtime.submit(echo, 1))
    await advance(10)
    expect(runtime.state).toBe('degraded')
    expect(pending.state).toBe('pending')
    expect(await refusal(runtime.submit(echo, 2))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('what was accepted is safe: no room'),
    })
    store.problem = null
    await advance(200)
    expect(runtime.state).toBe('running')
    expect(await run(pending.value?.result() ?? Promise.reject(new Error('not accepted')))).toBe(1)
    expect(await run((await run(runtime.submit(echo, 3))).result())).toBe(3)
    await run(runtime.stop())
  })

  test('is tried again ever more seldom, and said to be in trouble once for each trouble', async () => {
    const store = new FaultyStore()
    const world = await virtualWorld({ store, tasks: [echo] })
    const { runtime, advance, run } = world
    store.problem = 'no room'
    const pending = watched(runtime.submit(echo, 1))
    await advance(600_000)
    expect(alerts(world)).toEqual(['the store cannot be written: no room'])
    expect(store.tries).toBeGreaterThan(110)
    expect(store.tries).toBeLessThan(140)
    store.problem = 'a fault'
    await advance(5_000)
    store.problem = null
    await advance(5_000)
    expect(pending.state).toBe('resolved')
    store.problem = 'no room'
    void runtime.submit(echo, 2)
    await advance(10)
    expect(alerts(world).map((message) => message.replace(/.*: /, ''))).toEqual(['no room', 'a fault', 'no room'])
    store.problem = null
    await advance(100)
    await run(runtime.stop())
  })

  test('refuses what is new to a paused runtime too, until it can write', async () => {
    const store = new FaultyStore()
    const { runtime, advance, run, refusal } = await virtualWorld({ store, tasks: [echo] })
    runtime.pause()
    store.problem = 'no room'
    void runtime.submit(echo, 1)
    await advance(10)
    expect(runtime.state).toBe('paused')
    expect(await refusal(runtime.submit(echo, 2))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    store.problem = null
    await advance(200)
    const handle = await run(runtime.submit(echo, 3))
    runtime.resume()
    expect(await run(handle.result())).toBe(3)
    await run(runtime.stop())
  })

  test('keeps a runtime degraded that is resumed meanwhile', async () => {
    const store = new FaultyStore()
    const { runtime, advance, run } = await virtualWorld({ store, tasks: [echo] })
    runtime.pause()
    store.problem = 'no room'
    void runtime.submit(echo, 1)
    await advance(10)
    runtime.resume()
    expect(runtime.state).toBe('degraded')
    store.problem = null
    await advance(200)
    expect(runtime.state).toBe('running')
    await run(runtime.stop())
  })
})

describe('an acknowledgement', () => {
  test('of a task that is on record already waits for that record', async () => {
    const store = new HeldStore()
    const { runtime, advance, run } = await virtualWorld({ store, tasks: [echo] })
    store.hold()
    const first = watched(runtime.submit(echo, 1, { dedupeKey: 'k' }))
    await advance(1)
    const second = watched(runtime.submit(echo, 2, { dedupeKey: 'k' }))
    await advance(1_000)
    expect([first.state, second.state]).toEqual(['pending', 'pending'])
    store.release()
    await advance(1)
    expect([first.state, second.state]).toEqual(['resolved', 'resolved'])
    expect(second.value?.id).toBe(first.value?.id)
    await run(runtime.stop())
  })

  test('of an answer waits for its record, and so does who asked', async () => {
    const store = new HeldStore()
    const asking = defineTask({
      type: 'asking',
      kind: 'control',
      input: z.null(),
      run: (task) => task.ask(z.string(), 'go on?'),
    })
    const { runtime, advance, run, types } = await virtualWorld({ store, tasks: [asking] })
    const handle = await run(runtime.submit(asking, null))
    await advance(10)
    store.hold()
    const answered = watched(handle.answer('yes'))
    await advance(1_000)
    expect(answered.state).toBe('pending')
    expect(types()).toContain('task.answered')
    expect(types()).not.toContain('task.completing')
    store.release()
    await advance(1)
    expect(answered.state).toBe('resolved')
    expect(await run(handle.result())).toBe('yes')
    await run(runtime.stop())
  })

  /** A store that does not answer, and of which closing says whether all is on record. */
  class SlowStore extends MemoryStore implements Store {
    closes = true
    isSlow = false

    override flush(): void | Promise<void> {
      if (this.isSlow) return new Promise(() => undefined)
    }

    override close(): Promise<void> {
      return this.closes ? Promise.resolve() : Promise.reject(new Error('no room'))
    }
  }

  test.each([
    [true, 'resolved'],
    [false, 'STORE_UNAVAILABLE'],
  ])('that a stop overtakes is given by what the closing of the store says: %s', async (closes, state) => {
    const store = new SlowStore()
    const { runtime, advance, run } = await virtualWorld({ store, tasks: [echo] })
    store.isSlow = true
    store.closes = closes
    const pending = watched(runtime.submit(echo, 1))
    await advance(10)
    const stopping = watched(run(runtime.stop({ grace: 10 })))
    await advance(1_000)
    expect(pending.state).toBe(state)
    expect(stopping.state).toBe(closes ? 'resolved' : 'Error: no room')
  })
})

test('a line of the log with what has no JSON form does not fail the task that writes it', async () => {
  const chatty = defineTask({
    type: 'chatty',
    kind: 'processing',
    input: z.unknown(),
    run: (task) => {
      const toJSON = () => {
        throw new Error('no JSON')
      }
      task.log.info('odd', { big: 1n, make: () => 1, sign: Symbol('s'), toJSON })
      return 'done'
    },
  })
  const store = new FaultyStore()
  const { runtime, run, events } = await virtualWorld({ store, tasks: [chatty] })
  expect(await run((await run(runtime.submit(chatty, null))).result())).toBe('done')
  const [line] = events.filter(({ type }) => type === 'task.log')
  expect(JSON.parse(JSON.stringify(line))).toMatchObject({ data: { big: '1', make: '[function]', sign: '[symbol]' } })
  await run(runtime.stop())
})
