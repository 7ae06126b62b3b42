import { defineTask, MemoryStore, parallel, StoreError } from 'taskwright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from './virtual-runtime.ts'

/** A disk that is full while it is told to be. */
class FullStore extends MemoryStore {
  isFull = false

  override async flush(): Promise<void> {
    if (this.isFull) throw new StoreError('STORE_FULL', 'the disk is full')
  }
}

const leaf = defineTask({
  type: 'leaf',
  kind: 'processing',
  input: z.object({ isDeaf: z.boolean() }),
  grace: '1h',
  async run(task, { isDeaf }) {
    await task.step('effect', () => 1, { undo: () => undefined })
    if (isDeaf) await new Promise(() => undefined)
    await task.sleep('1h')
  },
})

const family = parallel({ type: 'family', members: { one: leaf, other: leaf } })

const root = defineTask({
  type: 'root',
  kind: 'control',
  input: z.object({ isDeaf: z.boolean() }),
  demand: {},
  uses: [family],
  async run(task, input) {
    await (await task.submit(family, input)).result()
  },
})

/** A family at work, whose store is about to fill up. */
async function atWork(isDeaf: boolean) {
  const store = new FullStore()
  const world = await virtualWorld({ store, tasks: [root] })
  const { runtime, run, advance } = world
  await run(runtime.submit(root, { isDeaf }))
  await advance(100)
  return { ...world, store }
}

test.each(['cancel', 'keep'] as const)(
  'with a full disk, stop (%s) ends with its grace and says why',
  async (unfinished) => {
    const { runtime, refusal, environment, store } = await atWork(false)
    store.isFull = true
    const refused = await refusal(runtime.stop({ grace: '3s', unfinished }))
    expect(refused).toMatchObject({ code: 'STORE_FULL' })
    expect(environment.clock.now()).toBe(3_100)
    expect(runtime.state).toBe('stopped')
    expect(environment.clock.nextAt()).toBeNull()
  },
)

test('a disk that fills up once the grace has passed keeps no runtime from stopping', async () => {
  const { runtime, refusal, environment, store } = await atWork(true)
  environment.clock.setTimeout(() => {
    store.isFull = true
  }, 2_999)
  expect(await refusal(runtime.stop({ grace: '3s', unfinished: 'cancel' }))).toMatchObject({ code: 'STORE_FULL' })
  expect(runtime.state).toBe('stopped')
  expect(environment.clock.nextAt()).toBeNull()
})
