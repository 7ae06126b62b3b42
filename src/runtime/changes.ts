import type { TaskActorLogic } from '../actors/task-actor.ts'
import type { TaskEvent } from '../model/events.ts'

/** How many unread events are kept for a reader. */
const unreadLimit = 10_000

/** The events of a task from now on as they come, until it has ended. */
export function changesOf(task: TaskActorLogic): AsyncIterableIterator<TaskEvent> {
  let unread: TaskEvent[] = []
  let ended = false
  let wake: () => void = () => undefined
  const unlisten = task.listen((event) => {
    if (unread.length >= unreadLimit) unread.shift()
    unread.push(event)
    wake()
  })
  task.whenSettled(() => {
    ended = true
    wake()
  })
  async function* read(): AsyncIterableIterator<TaskEvent> {
    try {
      while (!ended || unread.length > 0) {
        const events = unread
        unread = []
        yield* events
        if (ended || unread.length > 0) continue
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      unlisten()
    }
  }
  return read()
}
