import { Logger, makeWorkerUtils, run, WorkerPreset } from 'graphile-worker'
import { Pool } from 'pg'
import { deferClose } from './cleanup.ts'
import type { DurableContestant, Run } from './contestant.ts'
import { chunked, concurrency } from './contestant.ts'
import { reportLostConnection, startPostgres } from './postgres-server.ts'
import { untilNone } from './until-none.ts'

const chunkSize = 1_000

/** Jobs are fetched for all workers at once, and what completes in one turn of the event loop is stored at once. */
function batching(size: number) {
  return { localQueue: { size }, completeJobBatchDelay: 0 }
}

async function open(folder: string, stack: AsyncDisposableStack, batchSize: number | undefined): Promise<Run> {
  const config = await startPostgres(stack, folder)
  const pool = new Pool({ ...config, max: concurrency + 2 })
  pool.on('error', reportLostConnection)
  deferClose(stack, () => pool.end())
  let done = 0
  pool.on('connect', (client) => client.on('error', reportLostConnection))
  const logger = new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') console.error(message)
  })
  const utils = await makeWorkerUtils({ pgPool: pool, logger })
  deferClose(stack, async () => utils.release())
  const runner = await run({
    pgPool: pool,
    concurrency,
    pollInterval: 100,
    noHandleSignals: true,
    logger,
    preset: { extends: [WorkerPreset], worker: batchSize === undefined ? {} : batching(batchSize) },
    taskList: {
      noop: async () => {
        done++
      },
    },
  })
  deferClose(stack, () => runner.stop())
  const client = await pool.connect()
  stack.defer(() => client.release())
  return async (count) => {
    for (const inputs of chunked(count, chunkSize)) {
      await utils.addJobs(inputs.map((input) => ({ identifier: 'noop', payload: { input } })))
    }
    await untilNone(client, 'SELECT 1 FROM graphile_worker.jobs LIMIT 1', () => done === count)
  }
}

/** Without a size of batches: each worker fetches and completes its jobs one by one, as is the default. */
export function graphileWorker(batchSize?: number): DurableContestant {
  return {
    name: `graphile-worker, ${batchSize === undefined ? 'one by one' : `batches of ${batchSize}`}`,
    settings: `addJobs by ${chunkSize}${batchSize === undefined ? '' : '; local queue, batched completions'}`,
    open: (folder, stack) => open(folder, stack, batchSize),
  }
}
