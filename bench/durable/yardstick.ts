import { fdatasyncSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { median } from '../median.ts'
import { withCleanup } from './cleanup.ts'
import { temporaryFolder } from './measure.ts'

export interface YardstickRow {
  readonly yardstick: string
  readonly eventsPerSecond: number
  readonly slowestRound: number
  readonly fastestRound: number
}

/** What a journal of that many bytes an event could do at best on this disk. */
interface Yardstick {
  readonly name: string
  /** Writes events for about `milliseconds`; gives how many. */
  write(folder: string, milliseconds: number): Promise<number>
}

const line = `${'x'.repeat(299)}\n`

async function appendAndSync(folder: string, milliseconds: number): Promise<number> {
  const file = await open(join(folder, 'events.jsonl'), 'a')
  const deadline = performance.now() + milliseconds
  let written = 0
  while (performance.now() < deadline) {
    writeSync(file.fd, line)
    fdatasyncSync(file.fd)
    written++
  }
  await file.close()
  return written
}

async function commitBy(events: number, folder: string, milliseconds: number): Promise<number> {
  const database = new DatabaseSync(join(folder, 'events.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec('CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO event (body) VALUES (?)')
  const deadline = performance.now() + milliseconds
  let written = 0
  while (performance.now() < deadline) {
    database.exec('BEGIN')
    for (let index = 0; index < events; index++) insert.run(line)
    database.exec('COMMIT')
    written += events
  }
  database.close()
  return written
}

const yardsticks: readonly Yardstick[] = [
  { name: 'append + fdatasync', write: appendAndSync },
  ...[1, 50, 500].map((events) => ({
    name: `sqlite, WAL, synchronous=FULL, ${events} to a commit`,
    write: (folder: string, milliseconds: number) => commitBy(events, folder, milliseconds),
  })),
]

function rateOf(yardstick: Yardstick, milliseconds: number, parent: string): Promise<number> {
  return withCleanup(async (stack) => {
    const folder = temporaryFolder(stack, parent)
    const startedAt = performance.now()
    const written = await yardstick.write(folder, milliseconds)
    return (written / (performance.now() - startedAt)) * 1_000
  })
}

export async function measureYardsticks(rounds: number, parent: string): Promise<YardstickRow[]> {
  const rates = yardsticks.map((yardstick) => ({ yardstick, rounds: Array.of<number>() }))
  for (let round = 0; round < rounds; round++) {
    for (const each of rates) each.rounds.push(await rateOf(each.yardstick, 1_000, parent))
  }
  return rates.map(({ yardstick, rounds: all }) => ({
    yardstick: yardstick.name,
    eventsPerSecond: Math.round(median(all)),
    slowestRound: Math.round(Math.min(...all)),
    fastestRound: Math.round(Math.max(...all)),
  }))
}
