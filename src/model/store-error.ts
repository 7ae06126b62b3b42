import { TaskwrightError } from './errors.ts'

/** What is wrong with a store. Stable: programs may branch on it. */
export type StoreErrorCode =
  | 'STORE_CLOSED'
  | 'STORE_DAMAGED'
  | 'STORE_FAILED'
  | 'STORE_FOREIGN'
  | 'STORE_FULL'
  | 'STORE_IO'
  | 'STORE_LOCKED'
  | 'STORE_READ_ONLY'
  | 'STORE_SEALED'
  | 'STORE_TAKEN_OVER'
  | 'STORE_TOO_NEW'
  | 'STORE_UNSUPPORTED'

/** A store could not be opened, read or written. Nothing that was acknowledged is lost by it. */
export class StoreError extends TaskwrightError<StoreErrorCode> {}
