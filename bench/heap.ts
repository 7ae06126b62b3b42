import type { TaskHandle } from 'taskwright'
import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'

export interface HeapRow {
  readonly state: 'waiting' | 'running'
  readonly tasks: number
  readonly bytesPerTask: number
}

const parked = defineTask({
  type: 'parked',
  kind: 'control',
  input: z.number(),
  run: (task) => new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason))),
})

/** Bytes of what is still in use: finalisers need more than one collection, and a turn between. */
async function liveHeap(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

async function bytesPerTask(tasks: number, slots: number): Promise<number> {
  const runtime = await createRuntime({ tasks: [parked], pools: { default: { slots } }, queueLimit: tasks + 1 })
  const before = await liveHeap()
  const handles: TaskHandle[] = []
  for (let index = 0; index < tasks; index++) handles.push(await runtime.submit(parked, index))
  const bytes = ((await liveHeap()) - before) / handles.length
  await runtime.stop({ grace: 0 })
  return Math.round(bytes)
}

/** Heap of one live task, its actor, its handle and its events in the journal included. Needs `--expose-gc`. */
export async function measureHeap(tasks: number): Promise<HeapRow[]> {
  return [
    { state: 'waiting', tasks, bytesPerTask: await bytesPerTask(tasks, 1) },
    { state: 'running', tasks, bytesPerTask: await bytesPerTask(tasks, tasks) },
  ]
}
