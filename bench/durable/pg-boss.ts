import pLimit from 'p-limit'
import { Client } from 'pg'
import type { Job } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import type { DurableContestant, Run } from './contestant.ts'
import { chunked, concurrency } from './contestant.ts'
import { reportLostConnection, startPostgres } from './postgres-server.ts'
import { untilNone } from './until-none.ts'

interface Input {
  readonly input: number
}

/** More than the 32 that run at a time: a batch is fetched with one statement and completed with another. */
const batchSize = Number(process.env['BS'] ?? 500)
const workers = Number(process.env['LC'] ?? 2)

async function open(folder: string, stack: AsyncDisposableStack): Promise<Run> {
  const config = await startPostgres(stack, folder)
  const boss = new PgBoss({ ...config, useListenNotify: true })
  boss.on('error', reportLostConnection)
  await boss.start()
  stack.defer(() => boss.stop({ graceful: false }))
  await boss.createQueue('noop', { notify: true })
  const client = new Client(config)
  await client.connect()
  stack.defer(() => client.end())

  const limit = pLimit(concurrency)
  const job = async ({ data }: Job<Input>): Promise<number> => data.input
  let done = 0
  const options = { batchSize, localConcurrency: workers, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
  await boss.work<Input>('noop', options, async (jobs) => {
    await limit.map(jobs, job)
    done += jobs.length
  })
  return async (count) => {
    for (const inputs of chunked(count)) {
      await boss.insert(
        'noop',
        inputs.map((input) => ({ data: { input } })),
      )
    }
    await untilNone(client, `SELECT 1 FROM pgboss.job WHERE state <> 'completed' LIMIT 1`, () => done === count)
  }
}

export const pgBoss: DurableContestant = {
  name: 'pg-boss, postgres',
  settings: `insert by 1,000; ${workers} workers, batches of ${batchSize}`,
  open,
}
