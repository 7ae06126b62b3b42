/** A promise whose rejection is known to the task already: a handler that drops it does not end the host's process. */
export function owned<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
