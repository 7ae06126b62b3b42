import { Queue, Worker } from 'bullmq'
import { deferClose } from './cleanup.ts'
import type { DurableContestant, Run } from './contestant.ts'
import { chunked, concurrency } from './contestant.ts'
import type { AppendFsync } from './redis-server.ts'
import { connect, startRedis } from './redis-server.ts'

/** The fastest of 50 to 5,000, by a little. Completed jobs are kept, as BullMQ does unless told otherwise. */
const chunkSize = 200

interface Input {
  readonly input: number
}

async function open(folder: string, stack: AsyncDisposableStack, appendfsync: AppendFsync): Promise<Run> {
  const port = await startRedis(stack, folder, appendfsync)
  const connection = connect(port)
  stack.defer(() => connection.disconnect())
  const queue = new Queue<Input>('noop', { connection })
  deferClose(stack, () => queue.close())
  const worker = new Worker<Input, number>('noop', async ({ data }) => data.input, { connection, concurrency })
  deferClose(stack, () => worker.close())
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  return async (count) => {
    let completed = 0
    const all = new Promise<void>((resolve, reject) => {
      worker.on('completed', () => {
        completed++
        if (completed === count) resolve()
      })
      worker.on('failed', (_, error) => reject(error))
      worker.on('error', reject)
    })
    for (const inputs of chunked(count, chunkSize)) {
      await queue.addBulk(inputs.map((input) => ({ name: 'noop', data: { input } })))
    }
    await all
  }
}

export function bullmq(appendfsync: AppendFsync): DurableContestant {
  return {
    name: `bullmq, redis appendfsync ${appendfsync}`,
    settings: `addBulk by ${chunkSize}; a worker with concurrency ${concurrency}`,
    open: (folder, stack) => open(folder, stack, appendfsync),
  }
}
