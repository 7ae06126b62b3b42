import { Logger, makeWorkerUtils, run, WorkerPreset } from 'graphile-worker'
import { Pool } from 'pg'
import type { DurableContestant, Run } from './contestant.ts'
import { chunked, concurrency } from './contestant.ts'
import { reportLostConnection, startPostgres } from './postgres-server.ts'
import { untilNone } from './until-none.ts'

/** What the local queue holds: jobs are fetched for all 32 workers at once, and completed in one statement too. */
const localQueueSize = Number(process.env['LQ'] ?? 500)
const completeJobBatchDelay = Number(process.env['CD'] ?? 0)

async function open(folder: string, stack: AsyncDisposableStack): Promise<Run> {
  const config = await startPostgres(stack, folder)
  const pool = new Pool({ ...config, max: concurrency + 2 })
  pool.on('error', reportLostConnection)
  stack.defer(() => pool.end())
  let done = 0
  pool.on('connect', (client) => client.on('error', reportLostConnection))
  const logger = new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') console.error(message)
  })
  const utils = await makeWorkerUtils({ pgPool: pool, logger })
  stack.defer(() => utils.release())
  const runner = await run({
    pgPool: pool,
    concurrency,
    pollInterval: 100,
    noHandleSignals: true,
    logger,
    preset: {
      extends: [WorkerPreset],
      worker: { localQueue: { size: localQueueSize }, completeJobBatchDelay },
    },
    taskList: {
      noop: async () => {
        done++
      },
    },
  })
  stack.defer(() => runner.stop())
  const client = await pool.connect()
  stack.defer(() => client.release())
  return async (count) => {
    for (const inputs of chunked(count)) {
      await utils.addJobs(inputs.map((input) => ({ identifier: 'noop', payload: { input } })))
    }
    await untilNone(client, 'SELECT 1 FROM graphile_worker.jobs LIMIT 1', () => done === count)
  }
}

export const graphileWorker: DurableContestant = {
  name: 'graphile-worker, postgres',
  settings: `addJobs by 1,000; local queue of ${localQueueSize}, completions batched`,
  open,
}
