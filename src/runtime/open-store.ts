import { SqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { volatileStore } from '../store/volatile-store.ts'

/** The store that an option names. @throws StoreError if it cannot be opened */
export async function openStore(store: 'memory' | `file:${string}` | Store): Promise<Store> {
  if (store === 'memory') return volatileStore
  if (typeof store !== 'string') return store
  return SqliteStore.open(store.slice('file:'.length))
}
