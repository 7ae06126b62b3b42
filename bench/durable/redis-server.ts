import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { findProgram, startServer } from './server-process.ts'

/** When an answer is given: after the write is on disk, or with up to a second of answers still to be written. */
export type AppendFsync = 'always' | 'everysec'

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return address.port
}

export function connect(port: number): Redis {
  // BullMQ's worker blocks on its connection, and asks for no limit of retries
  return new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null })
}

async function ping(port: number): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => undefined) // the rejection says it too
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}

/** A Redis with the append-only file as its only persistence; gives its port. */
export async function startRedis(
  stack: AsyncDisposableStack,
  folder: string,
  appendfsync: AppendFsync,
): Promise<number> {
  const program = await findProgram('redis-server', 'redis-server')
  const port = await freePort()
  const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', appendfsync]
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, ...persistence]
  await startServer(stack, { program, args, ping: () => ping(port) })
  return port
}
