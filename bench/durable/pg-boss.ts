import pLimit from 'p-limit'
import { Client } from 'pg'
import type { Job } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import { deferClose } from './cleanup.ts'
import type { DurableContestant, Run } from './contestant.ts'
import { chunked, concurrency } from './contestant.ts'
import { reportLostConnection, startPostgres } from './postgres-server.ts'
import { untilNone } from './until-none.ts'

interface Input {
  readonly input: number
}

interface PgBossSettings {
  readonly workers: number
  /** A batch is fetched with one statement and completed with another. */
  readonly batchSize: number
}

const chunkSize = 1_000

async function open(folder: string, stack: AsyncDisposableStack, settings: PgBossSettings): Promise<Run> {
  const config = await startPostgres(stack, folder)
  const boss = new PgBoss({ ...config, useListenNotify: true })
  boss.on('error', reportLostConnection)
  await boss.start()
  deferClose(stack, () => boss.stop({ graceful: false }))
  await boss.createQueue('noop', { notify: true })
  const client = new Client(config)
  await client.connect()
  deferClose(stack, () => client.end())

  const limit = pLimit(concurrency)
  const job = async ({ data }: Job<Input>): Promise<number> => data.input
  let done = 0
  const { workers: localConcurrency, batchSize } = settings
  // The interval is the shortest it takes; new jobs are announced, and after a full batch it does not wait.
  const options = { batchSize, localConcurrency, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
  await boss.work<Input>('noop', options, async (jobs) => {
    await limit.map(jobs, job)
    done += jobs.length
  })
  return async (count) => {
    for (const inputs of chunked(count, chunkSize)) {
      await boss.insert(
        'noop',
        inputs.map((input) => ({ data: { input } })),
      )
    }
    await untilNone(client, `SELECT 1 FROM pgboss.job WHERE state <> 'completed' LIMIT 1`, () => done === count)
  }
}

export function pgBoss(settings: PgBossSettings): DurableContestant {
  const { workers, batchSize } = settings
  return {
    name: `pg-boss, batches of ${batchSize}`,
    settings: `insert by ${chunkSize}; workers: ${workers}`,
    open: (folder, stack) => open(folder, stack, settings),
  }
}
