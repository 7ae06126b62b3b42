import { test } from 'node:test'
import { MemoryStore } from 'taskwright'
import { storeCases } from 'taskwright/testing'

// Run by store-cases.test.ts with `node --test`.
const cases = storeCases(async () => {
  const store = new MemoryStore()
  return { open: async () => store, remove: async () => undefined }
})
for (const { name, run } of cases) test(name, run)
