import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import type { Runtime, RuntimeEvent } from 'taskwright'
import { createRuntime } from 'taskwright'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkFile } from '../../src/cli/store/check-file.ts'
import { toStoreError } from '../../src/store/sqlite/sqlite-errors.ts'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Host } from './host.ts'
import { tasks } from './host-tasks.ts'
import { asAnybody } from './rights.ts'
import { recordsIn, scratchFolder, writeRecords } from './scratch-store.ts'

interface World {
  readonly runtime: Runtime
  readonly events: RuntimeEvent[]
  /** Resolves with the next event of the type that fits. */
  next(type: RuntimeEvent['type'], fits?: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent>
  run(number: number, size?: number): Promise<unknown>
}

async function worldOn(path: string): Promise<World> {
  const runtime = await createRuntime({ store: `file:${path}`, tasks, logger: pino({ level: 'silent' }) })
  const events: RuntimeEvent[] = []
  runtime.on('*', (event) => events.push(event))
  onTestFinished(() => runtime.stop({ grace: 0 }).catch(() => undefined))
  return {
    runtime,
    events,
    next: (type, fits = () => true) =>
      new Promise((resolve) => {
        const end = runtime.on('*', (event) => {
          if (event.type !== type || !fits(event)) return
          end()
          resolve(event)
        })
      }),
    run: async (number, size = 10) => (await runtime.submit('echo', { number, text: 'x'.repeat(size) })).result(),
  }
}

const entering = (state: string) => (event: RuntimeEvent) => event.type === 'supervisor.state' && event.state === state

const alerts = (events: readonly RuntimeEvent[]) => events.flatMap((event) => (event.type === 'alert' ? [event] : []))

/** Threads that are started from now on. */
function threads(): Worker[] {
  const started: Worker[] = []
  const note = (worker: Worker) => started.push(worker)
  process.on('worker', note)
  onTestFinished(() => void process.off('worker', note))
  return started
}

describe('the thread that writes the file', () => {
  test('is followed by another when it dies, in the middle of the work too', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const started = threads()
    const { runtime, run } = await worldOn(path)
    for (let round = 0; round < 5; round += 1) {
      const results = Promise.all(Array.from({ length: 20 }, (_, index) => run(round * 20 + index)))
      // Sooner or later within what it does.
      for (let turn = 0; turn < round * 3; turn += 1) await new Promise(setImmediate)
      await started.at(-1)?.terminate()
      expect(await results).toHaveLength(20)
    }
    expect(started.length).toBeGreaterThan(5)
    expect(runtime.state).toBe('running')
    await runtime.stop()
    const checked = await checkFile(path)
    expect(checked).toMatchObject({ problems: [], tasks: 100, byStage: { completed: 100 } })
  })

  test('is followed as soon as that can have the file: what was taken on meanwhile waits', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const started = threads()
    const { runtime, events, next, run } = await worldOn(path)
    await run(1)
    await started[0]?.terminate()
    const visitor = await SqliteFile.open(path, { access: 'look' })
    const degraded = next('supervisor.state', entering('degraded'))
    const pending = run(2)
    await degraded
    expect(alerts(events)).toMatchObject([
      { code: 'STORE_FAILED', message: expect.stringMatching(/tasks\.db: another process.*has it open/) },
    ])
    const healed = next('supervisor.state', entering('running'))
    visitor.close()
    await healed
    expect(await pending).toBe(2)
    expect(await run(3)).toBe(3)
    await runtime.stop()
  })

  test('cannot be asked any more once it is dead', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const started = threads()
    const store = await SqliteStore.open(path)
    await started[0]?.terminate()
    const load = async () => {
      for await (const batch of store.load()) expect(batch).toEqual([])
    }
    await expect(load()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.close()
  })

  test('is not followed where another process has had the file meanwhile: nothing is acknowledged any more', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const started = threads()
    const store = await SqliteStore.open(path)
    const record = (seq: number, taskId: string) =>
      ({ event: { seq, at: seq, taskId, taskType: 'work', type: 'task.validating' }, payload: null }) as const
    store.append(record(1, 'ours'))
    await store.flush()
    await started[0]?.terminate()
    const other = await SqliteStore.open(path)
    store.append(record(2, 'lost'))
    await expect(store.flush()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    for (const seq of [2, 3]) other.append(record(seq, 'theirs'))
    await other.close()
    await expect(store.flush()).rejects.toMatchObject({
      code: 'STORE_TAKEN_OVER',
      message: expect.stringContaining('stop this runtime'),
    })
    await expect(store.close()).rejects.toMatchObject({ code: 'STORE_TAKEN_OVER' })
    const left = await recordsIn(path)
    expect(left.map(({ event }) => 'taskId' in event && event.taskId)).toEqual(['ours', 'theirs', 'theirs'])
  })

  test('has no file to go on with where that was replaced by a new one', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const started = threads()
    const store = await SqliteStore.open(path)
    await started[0]?.terminate()
    rmSync(path)
    store.append({ event: { seq: 1, at: 1, type: 'supervisor.state', state: 'running' }, payload: null })
    await expect(store.flush()).rejects.toMatchObject({
      code: 'STORE_IO',
      message: expect.stringContaining('no such file'),
    })
    expect(existsSync(path)).toBe(false)
    await (await SqliteStore.open(path)).close()
    await expect(store.flush()).rejects.toMatchObject({ code: 'STORE_TAKEN_OVER' })
    await expect(store.close()).rejects.toMatchObject({ code: 'STORE_TAKEN_OVER' })
    expect(await recordsIn(path)).toEqual([])
  })
})

describe('a file that is moved while it is open', () => {
  test('is no place to write to: nothing is acknowledged until it is back', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const { runtime, events, next, run } = await worldOn(path)
    await run(1)
    const degraded = next('supervisor.state', entering('degraded'))
    renameSync(path, `${path}.away`)
    const pending = runtime.submit('echo', { number: 2, text: '' })
    await degraded
    expect(alerts(events)).toMatchObject([{ message: expect.stringMatching(/tasks\.db: it was moved.*put it back/) }])
    await expect(run(3)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const healed = next('supervisor.state', entering('running'))
    renameSync(`${path}.away`, path)
    await healed
    expect(await (await pending).result()).toBe(2)
    await runtime.stop()
    expect(await checkFile(path)).toMatchObject({ problems: [], byStage: { completed: 2 } })
  })

  test('and replaced by another is left alone: stop says that not all is on disk', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const { runtime, next, run } = await worldOn(path)
    await run(1)
    const degraded = next('supervisor.state', entering('degraded'))
    renameSync(path, `${path}.away`)
    writeFileSync(path, 'something else')
    const pending = runtime.submit('echo', { number: 2, text: '' })
    await degraded
    await expect(runtime.stop({ grace: 0 })).rejects.toMatchObject({ code: 'STORE_IO' })
    await expect(pending).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(statSync(path).size).toBe('something else'.length)
    expect(await checkFile(`${path}.away`)).toMatchObject({ problems: [] })
  })

  test('by its -wal only is taken in whole, and goes on with a new one', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    const { runtime, events, run } = await worldOn(path)
    await run(1)
    rmSync(`${path}-wal`)
    expect(await run(2)).toBe(2)
    expect(alerts(events)).toMatchObject([{ message: expect.stringMatching(/tasks\.db-wal: it was moved/) }])
    expect(existsSync(`${path}-wal`)).toBe(true)
    expect(await run(3)).toBe(3)
    expect(runtime.state).toBe('running')
    await runtime.stop()
    expect(await checkFile(path)).toMatchObject({ problems: [], byStage: { completed: 3 } })
  })
})

/** Overwrites all of a file but its first page, as another process: to close it here would drop the locks. */
function spoil(path: string): void {
  const pages = Math.floor(statSync(path).size / 4_096) - 1
  const args = ['if=/dev/urandom', `of=${path}`, 'bs=4096', 'seek=1', `count=${pages}`, 'conv=notrunc']
  execFileSync('dd', args, { stdio: 'ignore' })
}

describe('a damaged file', () => {
  /** More than SQLite keeps in memory. */
  const manyRecords = () =>
    Array.from({ length: 4_000 }, (_, index) => {
      const event = { seq: index + 1, at: 1, taskId: `task_${index}`, taskType: 'old', type: 'task.progress' } as const
      return { event: { ...event, fraction: 0, message: 'x'.repeat(2_000) }, payload: null }
    })

  test('is refused when it is opened, and left as it is', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    await writeRecords(path, manyRecords())
    spoil(path)
    await expect(worldOn(path)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringMatching(/it is damaged; see `taskwright store check`, and restore it from a copy/),
    })
    expect((await checkFile(path)).problems).not.toEqual([])
  })

  test('of which one record is damaged is refused by the number of that', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    await writeRecords(path, manyRecords().slice(0, 10))
    execFileSync('sed', ['-i', 's/"seq":7,/"seq":8,/', path])
    await expect(worldOn(path)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('record 7 is damaged'),
    })
  })

  test('shows while it is open, and nothing is acknowledged that does not get into it', async () => {
    const path = join(scratchFolder(), 'tasks.db')
    await writeRecords(path, manyRecords())
    const { runtime, events, next } = await worldOn(path)
    const degraded = next('supervisor.state', entering('degraded'))
    spoil(path)
    let accepted = 0
    let refused: unknown = null
    const submit = async () => {
      try {
        await runtime.submit('echo', { number: 1, text: 'x'.repeat(10_000) })
        accepted += 1
      } catch (thrown) {
        refused = thrown
      }
    }
    const submitting = (async () => {
      while (!refused) await Promise.race([submit(), degraded])
    })()
    await degraded
    await submitting
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('it is damaged') })
    expect(alerts(events)).toMatchObject([{ code: 'STORE_FAILED' }])
    await expect(runtime.stop({ grace: 0 })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(accepted).toBeLessThan(1_000)
  })
})

describe('a file that may not be written', () => {
  test.each([
    ['itself', 0o400, 0o700],
    ['as its folder', 0o600, 0o500],
  ])('by %s is refused with what to look at', async (_, fileMode, folderMode) => {
    const folder = join(scratchFolder(), 'mine')
    mkdirSync(folder)
    const path = join(folder, 'tasks.db')
    const first = new Host(path)
    await first.until('opened')
    await first.answerTo(first.submit())
    await first.stop()
    chmodSync(path, fileMode)
    chmodSync(folder, folderMode)
    onTestFinished(() => chmodSync(folder, 0o700))
    const second = new Host(path, { prefix: asAnybody })
    expect(await second.until('unopened')).toMatchObject({
      code: 'STORE_READ_ONLY',
      message: expect.stringMatching(/tasks\.db: it cannot be written; check its permissions, and those of its folder/),
    })
    chmodSync(folder, 0o700)
    chmodSync(path, 0o600)
    expect(await checkFile(path)).toMatchObject({ problems: [], tasks: 1 })
  })

  test('in a folder that may not be written is not made', async () => {
    const folder = join(scratchFolder(), 'mine')
    mkdirSync(folder, { mode: 0o500 })
    const host = new Host(join(folder, 'tasks.db'), { prefix: asAnybody })
    expect(await host.until('unopened')).toMatchObject({ code: 'STORE_READ_ONLY' })
  })
})

test.each([
  [5, 'STORE_LOCKED'],
  [261, 'STORE_LOCKED'],
  [8, 'STORE_READ_ONLY'],
  [1544, 'STORE_READ_ONLY'],
  [10, 'STORE_IO'],
  [1034, 'STORE_IO'],
  [11, 'STORE_DAMAGED'],
  [13, 'STORE_FULL'],
  [14, 'STORE_IO'],
  [26, 'STORE_FOREIGN'],
  [1, 'STORE_FAILED'],
])('what SQLite calls %i is %s', (errcode, code) => {
  const error = toStoreError(Object.assign(new Error('said by SQLite'), { errcode }), '/tasks.db')
  expect(error).toMatchObject({ code, message: expect.stringMatching(/^\/tasks\.db: .* \(said by SQLite\)$/) })
})
