import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createRuntime } from 'taskwright'
import { expect, test } from 'vitest'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { tasks } from './host-tasks.ts'
import { recordsIn, scratchFolder } from './scratch-store.ts'

const mebibyte = 2 ** 20

const progress = (seq: number) =>
  ({
    event: {
      seq,
      at: 1,
      taskId: `task_${seq}`,
      taskType: 'w',
      type: 'task.progress',
      fraction: 0,
      message: 'x'.repeat(9_000),
    },
    payload: null,
  }) as const

test('a file gets smaller while it is open, when much of it was forgotten, and grows no more than it has to', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  const store = await SqliteStore.open(path)
  for (let seq = 1; seq <= 4_000; seq += 1) {
    store.append(progress(seq))
    if (seq % 500 === 0) await store.flush()
  }
  await store.flush()
  const largest = statSync(path).size
  expect(largest).toBeGreaterThan(32 * mebibyte)
  store.forget(Array.from({ length: 3_900 }, (_, index) => `task_${index + 1}`))
  const sizes: number[] = []
  for (let seq = 4_001; seq <= 4_020; seq += 1) {
    store.append({ event: { seq, at: 1, type: 'supervisor.state', state: 'running' }, payload: null })
    await store.flush()
    sizes.push(statSync(path).size)
  }
  await store.close()
  expect(statSync(path).size).toBeLessThan(8 * mebibyte)
  // A part with each commit: nobody waits for all of it.
  expect(Math.max(...sizes)).toBeGreaterThan(16 * mebibyte)
  expect((await recordsIn(path)).map(({ event }) => event.seq)).toEqual(
    Array.from({ length: 120 }, (_, index) => index + 3_901),
  )
  const file = await SqliteFile.open(path)
  expect(file.problems()).toEqual([])
  file.close()
})

test('what a runtime forgets gives its room to what comes', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  const runtime = await createRuntime({ store: `file:${path}`, tasks, retain: 10 })
  const sizes: number[] = []
  for (let round = 0; round < 8; round += 1) {
    const input = { number: round, text: 'x'.repeat(4_000) }
    await Promise.all(Array.from({ length: 400 }, async () => (await runtime.submit('echo', input)).result()))
    sizes.push(statSync(path).size)
  }
  await runtime.stop()
  const [, , third = 0] = sizes
  expect(statSync(path).size).toBeLessThan(third * 1.5)
  expect((await recordsIn(path)).length).toBeLessThan(400)
})
