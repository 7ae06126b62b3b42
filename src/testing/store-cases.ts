import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { JournalRecord, Store } from '../index.ts'
import { createRuntime, defineTask } from '../index.ts'

/** Where a store keeps its records, over closing and opening. A new one is empty. */
export interface StorePlace {
  /** Opens the store that lies there. */
  open(): Promise<Store>
  /** Takes away what is left. */
  remove(): Promise<void>
  /** Makes every write fail, as a full disk does, until what it returns is called. Only with `breaks`. */
  break?(): Promise<() => Promise<void>>
}

export interface StoreCaseOptions {
  /** Others could open the place at the same time: the store has to lock them out. */
  readonly locks?: boolean
  /** Places have {@link StorePlace.break}. */
  readonly breaks?: boolean
}

/** Something that every store has to do. */
export interface StoreCase {
  readonly name: string
  /** @throws (rejects) AssertionError if the store does not do it */
  run(): Promise<void>
}

type Work = (place: StorePlace) => Promise<void>

function recordOfTask(seq: number, taskId = `task_${seq}`, output?: unknown): JournalRecord {
  return {
    event: { seq, at: 1_000 + seq, taskId, taskType: 'work', type: 'task.completed', attempts: 1 },
    payload: output === undefined ? null : { output },
  }
}

function recordOfRuntime(seq: number): JournalRecord {
  return { event: { seq, at: 1_000 + seq, type: 'supervisor.state', state: 'running' }, payload: null }
}

function alertAbout(seq: number, taskId: string | null): JournalRecord {
  return { event: { seq, at: 1, type: 'alert', code: 'STEP_LATE', message: 'late', taskId }, payload: null }
}

async function loaded(store: Store): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  for await (const batch of store.load()) records.push(...batch)
  return records
}

function seqsOf(records: readonly JournalRecord[]): number[] {
  return records.map(({ event }) => event.seq)
}

/** The first difference, and not all of them: of many records that would take for ever to show. */
function assertSame(found: readonly JournalRecord[], expected: readonly JournalRecord[]): void {
  const at = expected.findIndex((record, index) => !isDeepStrictEqual(found[index], record))
  if (at >= 0) deepEqual(found[at], expected[at], `record ${at + 1} of ${expected.length}`)
  equal(found.length, expected.length, 'how many records there are')
}

/** What the next process finds. */
async function left(place: StorePlace): Promise<JournalRecord[]> {
  const store = await place.open()
  const records = await loaded(store)
  await store.close()
  return records
}

/** Writes records as one process does, from the beginning to the end of its life. */
async function write(place: StorePlace, work: (store: Store) => unknown): Promise<void> {
  const store = await place.open()
  await loaded(store)
  await work(store)
  await store.close()
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

async function broken(place: StorePlace): Promise<() => Promise<void>> {
  ok(place.break, 'with `breaks`, a place has a method break()')
  return place.break()
}

const always: Readonly<Record<string, Work>> = {
  'a new one is empty, and is no volatile one': async (place) => {
    const store = await place.open()
    equal(store.isVolatile, false)
    deepEqual(await loaded(store), [])
    await store.flush()
    await store.close()
    deepEqual(await left(place), [])
  },

  'what was flushed is there again: in order, once, with its payload': async (place) => {
    const records = upTo(20_000).map((seq) =>
      recordOfTask(seq, `task_${seq % 500}`, { text: `é\n\u2028"${seq}`, nested: [seq, null] }),
    )
    await write(place, async (store) => {
      for (const record of records) store.append(record)
      await store.flush()
    })
    assertSame(await left(place), records)
  },

  'texts of any kind come back as they were': async (place) => {
    const texts = ['', '\u0000\u0001', '\ud800', '\u007f\u0085\u2028', '\\"\n', '😀', 'x'.repeat(1_000_000)]
    const records = texts.map((text, index) => recordOfTask(index + 1, 'task', { [text.slice(0, 9)]: text }))
    await write(place, (store) => {
      for (const record of records) store.append(record)
    })
    assertSame(await left(place), records)
  },

  'closing flushes, and may be done twice': async (place) => {
    const store = await place.open()
    store.append(recordOfTask(1))
    await store.close()
    await store.close()
    deepEqual(await left(place), [recordOfTask(1)])
  },

  'flushes at the same time lose nothing and write nothing twice': async (place) => {
    await write(place, async (store) => {
      const flushes: unknown[] = []
      for (const seq of upTo(200)) {
        store.append(recordOfTask(seq, `task_${seq % 7}`))
        if (seq % 3 === 0) flushes.push(store.flush())
      }
      await Promise.all(flushes)
    })
    deepEqual(seqsOf(await left(place)), upTo(200))
  },

  'goes on behind what is there, process after process': async (place) => {
    for (const seq of upTo(4)) {
      await write(place, (store) => store.append(recordOfTask(seq, `task_${seq % 2}`)))
      deepEqual(seqsOf(await left(place)), upTo(seq))
    }
  },

  'what is forgotten is gone, and nothing else': async (place) => {
    await write(place, async (store) => {
      for (const seq of upTo(9)) store.append(recordOfTask(seq, `task_${seq % 3}`))
      store.append(recordOfRuntime(10))
      store.append(alertAbout(11, null))
      store.append(alertAbout(12, 'task_1'))
      await store.flush()
      store.forget(['task_1', 'nobody'])
      store.append(recordOfTask(13, 'task_2'))
      await store.flush()
    })
    deepEqual(seqsOf(await left(place)), [2, 3, 5, 6, 8, 9, 10, 11, 13])
  },

  'forgetting is durable with the next flush, also if nothing else comes with it': async (place) => {
    await write(place, async (store) => {
      for (const seq of upTo(4)) store.append(recordOfTask(seq, `task_${seq % 2}`))
      await store.flush()
      store.forget(['task_1'])
      await store.flush()
    })
    deepEqual(seqsOf(await left(place)), [2, 4])
  },

  'what is appended and forgotten before the same flush is gone': async (place) => {
    await write(place, async (store) => {
      store.append(recordOfTask(1, 'a'))
      store.append(recordOfTask(2, 'b'))
      store.append(recordOfTask(3, 'a'))
      store.forget(['a'])
      await store.flush()
    })
    deepEqual(seqsOf(await left(place)), [2])
  },

  // The next process goes on after the last record that it finds.
  'what comes after forgetting the last record is kept': async (place) => {
    await write(place, async (store) => {
      for (const seq of upTo(6)) store.append(recordOfTask(seq, seq % 2 === 0 ? 'even' : 'odd'))
      await store.flush()
      store.forget(['even'])
    })
    deepEqual(seqsOf(await left(place)), [1, 3, 5])
    await write(place, (store) => store.append(recordOfTask(6, 'new')))
    deepEqual(seqsOf(await left(place)), [1, 3, 5, 6])
  },

  'a runtime takes up what an earlier one left on it': async (place) => {
    const echo = defineTask({ type: 'echo', kind: 'processing', input: z.unknown(), run: (_, input) => input })
    const value = { at: new Date(7), map: new Map([['k', 1n]]) }
    const first = await createRuntime({ store: await place.open(), tasks: [echo] })
    const done = await first.submit(echo, value)
    await done.outcome()
    const waits = await first.submit(echo, value, { delay: '1h', labels: { of: 'mine' } })
    await first.stop()
    const second = await createRuntime({ store: await place.open(), tasks: [echo] })
    const views = [done, waits].map(({ id }) => second.get(id)?.view())
    await second.stop()
    deepEqual(views[0]?.outcome, { status: 'completed', output: value, attempts: 1 })
    deepEqual([views[1]?.stage, views[1]?.labels], ['waiting', { of: 'mine' }])
  },
}

const ofLocking: Readonly<Record<string, Work>> = {
  'nobody else can open it while it is open, and the one who has it goes on': async (place) => {
    const store = await place.open()
    await rejects(place.open(), 'a second open() was not refused')
    store.append(recordOfTask(1))
    await store.flush()
    await store.close()
    deepEqual(seqsOf(await left(place)), [1])
  },
}

const ofBreaking: Readonly<Record<string, Work>> = {
  'a flush that cannot write rejects; the next one that can writes all, in order and once': async (place) => {
    await write(place, async (store) => {
      store.append(recordOfTask(1, 'a'))
      await store.flush()
      const mend = await broken(place)
      for (const seq of [2, 3]) {
        store.append(recordOfTask(seq, 'b'))
        await rejects(async () => store.flush(), 'flush() did not reject')
      }
      store.forget(['a'])
      await rejects(async () => store.flush(), 'flush() did not reject')
      await mend()
      store.append(recordOfTask(4, 'c'))
      await store.flush()
    })
    deepEqual(seqsOf(await left(place)), [2, 3, 4])
  },

  'flushes at the same time that cannot write reject all': async (place) => {
    await write(place, async (store) => {
      const mend = await broken(place)
      const flushes = upTo(3).map((seq) => {
        store.append(recordOfTask(seq))
        return Promise.allSettled([store.flush()])
      })
      // It comes after them: what they could not write is not written.
      flushes.push(Promise.allSettled([store.flush()]))
      const settled = (await Promise.all(flushes)).flat().map(({ status }) => status)
      deepEqual(settled, ['rejected', 'rejected', 'rejected', 'rejected'])
      await mend()
      await store.flush()
    })
    deepEqual(seqsOf(await left(place)), upTo(3))
  },

  'a close that cannot write rejects, and lets go: what was durable before is there': async (place) => {
    const store = await place.open()
    store.append(recordOfTask(1))
    await store.flush()
    const mend = await broken(place)
    store.append(recordOfTask(2))
    await rejects(store.close(), 'close() did not reject')
    await mend()
    equal((await left(place))[0]?.event.seq, 1)
  },
}

/**
 * What every store has to do, for those that others write: run each case as a test of your own.
 * @param make a new place for each case
 */
export function storeCases(make: () => Promise<StorePlace>, options: StoreCaseOptions = {}): readonly StoreCase[] {
  const works = { ...always, ...(options.locks && ofLocking), ...(options.breaks && ofBreaking) }
  return Object.entries(works).map(([name, work]) => ({
    name,
    run: async () => {
      const place = await make()
      try {
        await work(place)
      } finally {
        await place.remove()
      }
    },
  }))
}
