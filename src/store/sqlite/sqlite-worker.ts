import { parentPort, workerData } from 'node:worker_threads'
import type { StoreError } from '../../model/store-error.ts'
import { toStoreError } from './sqlite-errors.ts'
import { SqliteFile } from './sqlite-file.ts'
import type { SqliteAnswer, SqliteRequest, SqliteThreadData } from './sqlite-protocol.ts'

// The thread of a file store: a slow disk holds up this thread, and not the host's event loop.

const batch = 5_000
const { path, after }: SqliteThreadData = workerData
let holder = after
let file: SqliteFile | null = null

function answer(message: SqliteAnswer): void {
  parentPort?.postMessage(message)
}

function fail({ code, message }: StoreError): void {
  answer({ type: 'failed', code, message })
}

/** A file that is opened again has to be the one that it was. */
async function open(): Promise<SqliteFile> {
  const opened = await SqliteFile.open(path, {
    access: holder === null ? 'write' : 'change',
    after: holder,
  })
  holder = opened.holder
  file = opened
  return opened
}

function load(open: SqliteFile): void {
  let after = 0
  for (;;) {
    const rows = open.read(after, batch)
    const isLast = rows.length < batch
    answer({ type: 'loaded', lines: rows.map(({ line }) => line), isLast })
    if (isLast) return
    after = rows.at(-1)?.seq ?? after
  }
}

/** What fails is tried again on the same connection: to let go of the file meanwhile would invite another process in. */
async function commit(request: Extract<SqliteRequest, { type: 'commit' }>): Promise<void> {
  const held = file ?? (await open())
  try {
    held.commit(request)
  } catch (thrown) {
    if (held.hasLostWal) {
      // Closing takes in all that was committed.
      file = null
      held.close()
    }
    throw thrown
  }
  answer({ type: 'committed', holder: held.holder })
}

async function serve(request: SqliteRequest): Promise<void> {
  switch (request.type) {
    case 'load':
      return load(file ?? (await open()))
    case 'loadAudit':
      return answer({ type: 'auditLoaded', ...(file ?? (await open())).audit.end() })
    case 'commit':
      return commit(request)
    case 'close':
      file?.close()
      file = null
      answer({ type: 'closed' })
      parentPort?.close()
  }
}

let queue = open().then(
  (opened) => answer({ type: 'opened', holder: opened.holder }),
  (thrown: unknown) => fail(toStoreError(thrown, path)),
)

parentPort?.on('message', (request: SqliteRequest) => {
  queue = queue.then(() => serve(request)).catch((thrown: unknown) => fail(toStoreError(thrown, path)))
})
