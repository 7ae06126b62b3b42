import type { MessagePort } from 'node:worker_threads'
import { createGuest } from './guest-task.ts'
import { loadHandler } from './load-handler.ts'

/** What the host hands to a thread: where to speak, and where to write what was used. */
interface ThreadTask {
  port: MessagePort
  /** Processor time in ms, and bytes of memory. */
  gauge: Float64Array
}

/** Runs one handler in a thread of a pool. Resolves when the host has closed the port. */
export async function runInThread({ port, gauge }: ThreadTask): Promise<void> {
  const before = process.threadCpuUsage()
  const measure = () => {
    const { user, system } = process.threadCpuUsage(before)
    gauge[0] = (user + system) / 1_000
    gauge[1] = Math.max(gauge[1] ?? 0, process.memoryUsage().heapUsed)
  }
  const receive = createGuest((text) => {
    measure()
    port.postMessage(text)
  }, loadHandler)
  const { promise, resolve } = Promise.withResolvers<void>()
  port.on('message', (text: string) => receive(text))
  port.on('close', resolve)
  // What is printed belongs to nobody: a task has its log.
  process.stdout.write = () => true
  process.stderr.write = () => true
  await promise
}
