/**
 * Durable execution, end to end: submit a job, run a no-op, its outcome is on disk. Prints the tables and writes
 * `bench/durable-results.json`. Compare within one run; machines and disks differ.
 *
 *   npm run bench:durable -- [--tasks 20000] [--rounds 3] [--store file|memory] [--folder FOLDER]
 *
 * FOLDER is where all of them write, by default the system's folder for temporary files. The servers of the others are
 * started and stopped here; who has none is left out.
 */
import { statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { bullmq } from './bullmq.ts'
import { cleanUpOnInterrupt } from './cleanup.ts'
import { concurrency } from './contestant.ts'
import { graphileWorker } from './graphile-worker.ts'
import { measureDurable, warmUp } from './measure.ts'
import { pgBoss } from './pg-boss.ts'
import { taskwright } from './taskwright.ts'
import { measureYardsticks } from './yardstick.ts'

const tmpfsType = 0x01021994

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    store: { type: 'string', default: 'file' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const tasks = Number(values.tasks)
const rounds = Number(values.rounds)
const { store, folder } = values
if (!(Number.isInteger(tasks) && tasks > 0)) throw new Error('--tasks is a whole number above 0')
if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds is a whole number above 0')
if (store !== 'file' && store !== 'memory') throw new Error("--store is 'file' or 'memory'")
if ((await statfs(folder)).type === tmpfsType) {
  throw new Error(`${folder} is in memory, where nothing is durable; give --folder on a disk`)
}

cleanUpOnInterrupt()
// Those on PostgreSQL twice: with no more jobs in hand than run, and with the large batches that are fastest for them.
const contestants = [
  taskwright(store),
  bullmq('everysec'),
  bullmq('always'),
  pgBoss({ workers: 1, batchSize: concurrency }),
  pgBoss({ workers: 2, batchSize: 500 }),
  graphileWorker(),
  graphileWorker(500),
]
console.log(`Durable no-op job, ${tasks} tasks, concurrency ${concurrency}, taskwright's store: ${store}`)
const leftOut = await warmUp(contestants, Math.min(tasks, 2_000), folder)
for (const { contestant, reason } of leftOut) console.log(`${contestant}: left out: ${reason}`)

const absent = new Set(leftOut.map(({ contestant }) => contestant))
const present = contestants.filter(({ name }) => !absent.has(name))
const durable = await measureDurable(present, { tasks, rounds, parent: folder })
console.table(durable)

const yardsticks = await measureYardsticks(rounds, folder)
console.log('Yardstick: a loop that only writes events of 300 bytes')
console.table(yardsticks)

const results = { node: process.version, tasks, concurrency, rounds, store, durable, leftOut, yardsticks }
await writeFile(new URL('../durable-results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
