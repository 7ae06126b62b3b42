import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStore } from 'taskwright'
import { describe } from 'vitest'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { describeStore } from './conformance.ts'

describe('the memory store', () => {
  describeStore(async () => {
    const store = new MemoryStore()
    return { open: async () => store, remove: async () => undefined }
  })
})

describe('the file store', () => {
  describeStore(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'taskwright-store-'))
    return {
      open: () => SqliteStore.open(join(folder, 'tasks.db')),
      remove: () => rm(folder, { recursive: true }),
    }
  })
})
