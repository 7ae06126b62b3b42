import { setImmediate } from 'node:timers/promises'
import type { TaskContext } from 'taskwright'

/**
 * Works through items one by one, with a turn for everybody else after each: all tasks share one thread, and signals,
 * timers and the progress display wait for their turn, too. Stops when the task is stopped.
 */
export async function workThrough<Item extends { readonly name: string }, Result>(
  task: TaskContext,
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) {
    task.signal.throwIfAborted()
    results.push(await work(item))
    task.progress(results.length / items.length, item.name)
    await setImmediate()
  }
  return results
}
