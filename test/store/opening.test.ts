import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createRuntime } from 'taskwright'
import { expect, test } from 'vitest'
import { Host } from './host.ts'
import { tasks } from './host-tasks.ts'
import { recordsIn, scratchFolder, writeRecords } from './scratch-store.ts'

const fileStore = (path: string) => ({ store: `file:${path}`, tasks }) as const

/** The version that the schema had before files noted who has them. */
const firstSchema = `
  CREATE TABLE record (seq INTEGER PRIMARY KEY, batch INTEGER NOT NULL, task TEXT, crc INTEGER NOT NULL, lines TEXT NOT NULL) STRICT;
  CREATE INDEX record_task ON record (task);
  PRAGMA application_id = ${0x54575254}; PRAGMA user_version = 1;`

function inDatabase<Result>(path: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(path)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

function versionOf(path: string): unknown {
  return inDatabase(path, (database) => database.prepare('PRAGMA user_version').get()?.['user_version'])
}

const state = (seq: number) =>
  ({ event: { seq, at: seq, type: 'supervisor.state', state: 'running' }, payload: null }) as const

test('a file that another process has open is refused, and taken over once that is dead', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  const first = new Host(path)
  await first.until('opened')
  const answer = await first.answerTo(first.submit())
  expect(answer.type).toBe('accepted')
  await expect(createRuntime(fileStore(path))).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringMatching(new RegExp(`^${path}: .*another process.*stop that first`)),
  })
  const second = new Host(path)
  expect(await second.until('unopened')).toMatchObject({ code: 'STORE_LOCKED' })
  // Whoever was refused has done no harm.
  expect((await first.answerTo(first.submit())).type).toBe('accepted')
  await first.kill()
  const third = new Host(path)
  const { known } = await third.until('opened')
  expect(known).toEqual(first.all('accepted').map(({ id }) => ({ id, stage: expect.any(String) })))
  expect(known).toHaveLength(2)
  await third.kill()
})

test('two runtimes of one process cannot have the same file, by whatever name; the first one goes on', async () => {
  const folder = scratchFolder()
  const path = join(folder, 'tasks.db')
  const first = await createRuntime(fileStore(path))
  mkdirSync(join(folder, 'sub'))
  symlinkSync(path, join(folder, 'link.db'))
  for (const name of [path, join(folder, 'sub', '..', 'tasks.db'), join(folder, 'link.db')])
    await expect(createRuntime(fileStore(name))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  const handle = await first.submit('echo', { number: 1, text: '' })
  expect(await handle.result()).toBe(1)
  // To let go of the second's descriptor must not have dropped the first's lock.
  const other = new Host(path)
  expect(await other.until('unopened')).toMatchObject({ code: 'STORE_LOCKED' })
  await first.stop()
  const next = await createRuntime(fileStore(join(folder, 'link.db')))
  expect(next.get(handle.id)?.view().outcome).toMatchObject({ output: 1 })
  await next.stop()
})

test('a new file is for nobody else, and so is what lies beside it', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  const runtime = await createRuntime(fileStore(path))
  for (const name of [path, `${path}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600)
  await runtime.stop()
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test('a name of SQLite is the name of a file', async () => {
  const folder = scratchFolder()
  const host = new Host(':memory:', { cwd: folder })
  await host.until('opened')
  expect((await host.answerTo(host.submit())).type).toBe('accepted')
  await host.kill()
  expect((await recordsIn(join(folder, ':memory:'))).length).toBeGreaterThan(0)
})

test.each([
  ['a folder', (folder: string) => folder, 'STORE_IO', /it is a folder; name a file/],
  [
    'a path in a missing folder',
    (folder: string) => join(folder, 'no', 'tasks.db'),
    'STORE_IO',
    /folder does not exist/,
  ],
  [
    'a path below a file',
    (folder: string) => {
      writeFileSync(join(folder, 'file'), 'text')
      return join(folder, 'file', 'tasks.db')
    },
    'STORE_IO',
    /no folder/,
  ],
  [
    'a text',
    (folder: string) => {
      writeFileSync(join(folder, 'text.db'), 'this is a text and no database, as anybody can see')
      return join(folder, 'text.db')
    },
    'STORE_FOREIGN',
    /no SQLite file/,
  ],
  [
    'a database of another program',
    (folder: string) => {
      inDatabase(join(folder, 'other.db'), (database) => database.exec('CREATE TABLE other (a)'))
      return join(folder, 'other.db')
    },
    'STORE_FOREIGN',
    /a database, but no store of tasks/,
  ],
  [
    'a database of another program with nothing in it',
    (folder: string) => {
      inDatabase(join(folder, 'other.db'), (database) => database.exec('PRAGMA application_id = 7'))
      return join(folder, 'other.db')
    },
    'STORE_FOREIGN',
    /a database, but no store of tasks/,
  ],
  [
    'a store of a newer release',
    (folder: string) => {
      inDatabase(join(folder, 'new.db'), (database) =>
        database.exec(firstSchema.replace('user_version = 1', 'user_version = 99')),
      )
      return join(folder, 'new.db')
    },
    'STORE_TOO_NEW',
    /newer release \(schema 99, this one knows 3\); update taskwright/,
  ],
])('%s is refused, and left as it is', async (_, make, code, message) => {
  const path = make(scratchFolder())
  const before = existsSync(path) && statSync(path).isFile() ? readFileSync(path) : null
  await expect(createRuntime(fileStore(path))).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  if (before) expect(readFileSync(path).equals(before)).toBe(true)
  else expect(existsSync(path)).toBe(existsSync(path) && statSync(path).isDirectory())
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test('a store that names no file is refused with the other options', async () => {
  for (const store of ['file:', 'sqlite:tasks.db', '']) {
    // @ts-expect-error: as hosts without types write it
    await expect(createRuntime({ store, queueLimit: 0 })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      problems: [expect.stringMatching(/^store: .*'file:PATH'/), expect.stringMatching(/^queueLimit: /)],
    })
  }
})

test('a store of somebody else that is none is told what it lacks', async () => {
  await expect(
    // @ts-expect-error: as hosts without types write it
    createRuntime({ store: { append: () => undefined, load: 7, isVolatile: 'no' } }),
  ).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    problems: [expect.stringMatching(/^store: .*isVolatile, flush, load, forget, close/)],
  })
})

test('a file of nothing is a new store', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  writeFileSync(path, '')
  const runtime = await createRuntime(fileStore(path))
  await runtime.stop()
  expect((await recordsIn(path)).length).toBeGreaterThan(0)
})

test('a store of an older release is brought to the present schema, with all that is in it', async () => {
  const folder = scratchFolder()
  const path = join(folder, 'tasks.db')
  const now = await createRuntime(fileStore(path))
  const handle = await now.submit('echo', { number: 5, text: 'a' }, { delay: '1h' })
  await now.stop()
  const records = await recordsIn(path)
  const old = join(folder, 'old.db')
  inDatabase(old, (database) => {
    database.exec(`${firstSchema} ATTACH '${path}' AS present; INSERT INTO record SELECT * FROM present.record;`)
  })
  copyFileSync(old, join(folder, 'kept.db'))
  // To look changes nothing, and reads it as it is.
  expect(await recordsIn(old)).toEqual(records)
  expect(versionOf(old)).toBe(1)
  const runtime = await createRuntime(fileStore(old))
  expect(runtime.get(handle.id)?.view().stage).toBe('waiting')
  await runtime.stop()
  expect(versionOf(old)).toBe(3)
  expect((await recordsIn(old)).slice(0, records.length)).toEqual(records)
})

test('a migration that fails leaves the file at its version', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  inDatabase(path, (database) => database.exec(`${firstSchema} CREATE TABLE holder (stands_in_the_way);`))
  await expect(createRuntime(fileStore(path))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining(`${path}: see the cause (table holder already exists)`),
  })
  expect(versionOf(path)).toBe(1)
})

test('a file may be opened and closed by one process after the other, and each goes on where the last was', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  for (const seq of [1, 2, 3]) await writeRecords(path, [state(seq)])
  expect(await recordsIn(path)).toEqual([state(1), state(2), state(3)])
})
