import { parentPort, workerData } from 'node:worker_threads'
import type { StoreError } from '../../model/store-error.ts'
import { toStoreError } from './sqlite-errors.ts'
import { SqliteFile } from './sqlite-file.ts'
import type { SqliteAnswer, SqliteRequest } from './sqlite-protocol.ts'

// The thread of a file store: a slow disk holds up this thread, and not the host's event loop.

const batch = 5_000
const path = String(workerData)
let file: SqliteFile | null = null

function answer(message: SqliteAnswer): void {
  parentPort?.postMessage(message)
}

function fail({ code, message }: StoreError): void {
  answer({ type: 'failed', code, message })
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

async function commit(request: Extract<SqliteRequest, { type: 'commit' }>): Promise<void> {
  // Opened anew after a failure: what a failed sync left in the page cache is not trusted.
  file ??= await SqliteFile.open(path)
  try {
    file.commit(request)
  } catch (thrown) {
    const failed = file
    file = null
    failed.close()
    throw thrown
  }
  answer({ type: 'committed' })
}

async function serve(request: SqliteRequest): Promise<void> {
  switch (request.type) {
    case 'load':
      file ??= await SqliteFile.open(path)
      return load(file)
    case 'loadAudit':
      file ??= await SqliteFile.open(path)
      return answer({ type: 'auditLoaded', ...file.auditEnd() })
    case 'commit':
      return commit(request)
    case 'close':
      file?.close()
      file = null
      answer({ type: 'closed' })
      parentPort?.close()
  }
}

let queue = SqliteFile.open(path).then(
  (opened) => {
    file = opened
    answer({ type: 'opened' })
  },
  (thrown: unknown) => fail(toStoreError(thrown, path)),
)

parentPort?.on('message', (request: SqliteRequest) => {
  queue = queue.then(() => serve(request)).catch((thrown: unknown) => fail(toStoreError(thrown, path)))
})
