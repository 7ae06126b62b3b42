import type { IsolatedTask } from 'taskwright'

export async function nothing() {
  return null
}

/** Steps one after the other: each goes to the host and back twice. */
export async function steps(task: IsolatedTask, count: number) {
  for (let index = 0; index < count; index += 1) await task.step(String(index), () => index)
}
