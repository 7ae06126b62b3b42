import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from 'taskwright'
import { createVirtualEnvironment, MemoryStore } from 'taskwright'
import { storeCases } from 'taskwright/testing'
import { describe, test } from 'vitest'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { noFaults } from '../../src/testing/simulation/faults.ts'
import { SimulatedDisk, SimulatedStore } from '../../src/testing/simulation/simulated-store.ts'

describe('the memory store', () => {
  const cases = storeCases(async () => {
    const store = new MemoryStore()
    return { open: async () => store, remove: async () => undefined }
  })
  test.each(cases)('$name', ({ run }) => run())
})

describe('the file store', () => {
  const cases = storeCases(
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'taskwright-store-'))
      const path = join(folder, 'tasks.db')
      return {
        open: () => SqliteStore.open(path),
        remove: () => rm(folder, { recursive: true }),
        // What goes to a file that nobody finds again is not written.
        break: async () => {
          await rename(path, `${path}.away`)
          return () => rename(`${path}.away`, path)
        },
      }
    },
    { locks: true, breaks: true },
  )
  test.each(cases)('$name', ({ run }) => run())
})

/** On a clock that goes on as far as the store waits. */
function simulatedStore(disk: SimulatedDisk): Store {
  const { clock, random, run } = createVirtualEnvironment()
  const store = new SimulatedStore({
    disk,
    clock,
    random,
    plan: { crashAfterRecords: null, lateChance: 0, lateMs: 0 },
    counts: noFaults(),
    crash: () => undefined,
    appended: () => undefined,
  })
  return {
    isVolatile: false,
    append: (record) => store.append(record),
    flush: () => run(store.flush()),
    load: () => store.load(),
    forget: (ids) => store.forget(ids),
    close: () => run(store.close()),
  }
}

describe.each(['full', 'failing'] as const)('the store of the simulation, on a disk that may be %s', (trouble) => {
  const cases = storeCases(
    async () => {
      const disk = new SimulatedDisk()
      return {
        open: async () => simulatedStore(disk),
        remove: async () => undefined,
        break: async () => {
          disk[trouble] = Number.POSITIVE_INFINITY
          return async () => {
            disk[trouble] = 0
          }
        },
      }
    },
    { breaks: true },
  )
  test.each(cases)('$name', ({ run }) => run())
})
