import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskView } from 'taskwright'
import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'
import { scratchFolder } from '../store/scratch-store.ts'

const echo = defineTask({
  type: 'echo',
  kind: 'processing',
  input: z.unknown(),
  run: (task, input) => task.step('only', () => input, { undo: () => undefined }),
})

const failing = defineTask({
  type: 'failing',
  kind: 'processing',
  input: z.unknown(),
  run: async (task) => {
    await task.step('only', () => 1, { undo: () => undefined })
    task.used({ usd: 0.25 })
    throw new Error('as it should')
  },
})

/** Of the runtimes on the files made here. */
export const storeOptions = {
  tasks: [echo, failing],
  pools: { default: { slots: 8 }, money: { usd: { budget: 100 } } },
}

/** What recovery makes of a file. */
export async function viewsIn(path: string): Promise<TaskView[]> {
  const runtime = await createRuntime({ ...storeOptions, store: `file:${path}` })
  const views = runtime.list()
  await runtime.stop({ grace: 0 })
  return views
}

/** Values that JSON cannot hold, and texts that a terminal must not see as they are. */
const oddInput = {
  at: new Date(7),
  map: new Map([['k', 1n]]),
  text: '\u0000\u001b[31m\u007f\u0085\u2028é',
  nothing: undefined,
}

/** A file with eight completed tasks, two failed ones, and one that waits. */
export async function makeStore(name = 'tasks.db'): Promise<string> {
  const path = join(scratchFolder(), name)
  const runtime = await createRuntime({ ...storeOptions, store: `file:${path}` })
  for (let count = 0; count < 8; count += 1)
    await (await runtime.submit(echo, { count, ...oddInput }, { demand: { slots: 1, usd: 1 } })).outcome()
  for (let count = 0; count < 2; count += 1)
    await (await runtime.submit(failing, null, { demand: { slots: 1, usd: 1 } })).outcome()
  await runtime.submit(echo, oddInput, { delay: '10h', dedupeKey: 'later', labels: { of: 'mine' } })
  await runtime.stop()
  return path
}

/** Overwrites the bytes of a file from an offset on. */
export function overwrite(path: string, offset: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, offset)
  closeSync(file)
}

/** Changes one byte of what stands somewhere in a file; the `nth` time that it does. */
export function flipIn(path: string, text: string, nth = 1): void {
  const bytes = readFileSync(path)
  let at = -1
  for (let count = 0; count < nth; count += 1) at = bytes.indexOf(text, at + 1)
  if (at < 0) throw new Error(`${text} does not stand in ${path} ${nth} times`)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
