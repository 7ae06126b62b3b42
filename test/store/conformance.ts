import type { JournalRecord, Store } from 'taskwright'
import { expect, test } from 'vitest'

/** A place that a store keeps its records in, over closing and opening. */
export interface StorePlace {
  open(): Promise<Store>
  remove(): Promise<void>
}

function recordOfTask(seq: number, taskId = `task_${seq}`, output?: unknown): JournalRecord {
  return {
    event: { seq, at: 1_000 + seq, taskId, taskType: 'work', type: 'task.completed', attempts: 1 },
    payload: output === undefined ? null : { output },
  }
}

async function loaded(store: Store): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  for await (const batch of store.load()) records.push(...batch)
  return records
}

/** What every store has to do, for those that others write: run it on yours. */
export function describeStore(make: () => Promise<StorePlace>): void {
  const withPlace = async (work: (place: StorePlace) => Promise<void>) => {
    const place = await make()
    try {
      await work(place)
    } finally {
      await place.remove()
    }
  }

  test('a new one is empty', () =>
    withPlace(async (place) => {
      const store = await place.open()
      expect(await loaded(store)).toEqual([])
      await store.flush()
      await store.close()
    }))

  test('what was flushed is there again, in order, once, with its payload', () =>
    withPlace(async (place) => {
      const records = Array.from({ length: 20_000 }, (_, index) =>
        recordOfTask(index + 1, `task_${index % 500}`, { text: `é\n\u2028"${index}`, nested: [index, null] }),
      )
      const store = await place.open()
      for (const record of records) store.append(record)
      await store.flush()
      await store.close()
      const again = await place.open()
      expect(await loaded(again)).toEqual(records)
      await again.close()
    }))

  test('closing flushes, and may be done twice', () =>
    withPlace(async (place) => {
      const store = await place.open()
      store.append(recordOfTask(1))
      await store.close()
      await store.close()
      const again = await place.open()
      expect(await loaded(again)).toEqual([recordOfTask(1)])
      await again.close()
    }))

  test('flushes at the same time lose nothing and write nothing twice', () =>
    withPlace(async (place) => {
      const store = await place.open()
      const flushes: unknown[] = []
      for (let seq = 1; seq <= 200; seq += 1) {
        store.append(recordOfTask(seq))
        if (seq % 3 === 0) flushes.push(store.flush())
      }
      await Promise.all(flushes)
      await store.close()
      const again = await place.open()
      expect((await loaded(again)).map(({ event }) => event.seq)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
      await again.close()
    }))

  test('what is forgotten is gone, and nothing else', () =>
    withPlace(async (place) => {
      const store = await place.open()
      for (let seq = 1; seq <= 9; seq += 1) store.append(recordOfTask(seq, `task_${seq % 3}`))
      store.append({ event: { seq: 10, at: 1, type: 'supervisor.state', state: 'running' }, payload: null })
      await store.flush()
      store.forget(['task_1', 'nobody'])
      store.append(recordOfTask(11, 'task_2'))
      await store.flush()
      await store.close()
      const again = await place.open()
      expect((await loaded(again)).map(({ event }) => event.seq)).toEqual([2, 3, 5, 6, 8, 9, 10, 11])
      await again.close()
    }))

  test('goes on behind what is there', () =>
    withPlace(async (place) => {
      const store = await place.open()
      store.append(recordOfTask(1))
      await store.close()
      const second = await place.open()
      expect(await loaded(second)).toHaveLength(1)
      second.append(recordOfTask(2))
      await second.close()
      const third = await place.open()
      expect(await loaded(third)).toEqual([recordOfTask(1), recordOfTask(2)])
      await third.close()
    }))
}
