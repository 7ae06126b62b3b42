import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { z } from 'zod'
import { listProblems, refuse } from '../model/errors.ts'
import type { RuntimeEvent } from '../model/events.ts'
import type { PrincipalInput } from '../model/principal.ts'
import { principalSchema } from '../model/principal.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Callers } from './callers.ts'
import { JournalCallers, LiveCallers } from './callers.ts'
import { ChartDesk } from './charts/chart-routes.ts'
import { addEarlierTasks } from './earlier-tasks.ts'
import { EventHistory } from './event-history.ts'
import type { CommandNote } from './operator.ts'
import { routes } from './routes.ts'
import { StatelyFeed } from './stately/stately-feed.ts'
import { serveUpgrades } from './stately/upgrade.ts'
import { readStaticFiles } from './static-files.ts'
import { FoldedHistory } from './subject.ts'

export interface InspectorOptions {
  /** 0, the default: one that is free. */
  port?: number
  /** The address to listen on; the default, 127.0.0.1, is reached from this machine only. */
  host?: string
  /** Further names under which the server may be called, with the port: `inspector.example:8080`. */
  allowedHosts?: readonly string[]
  /**
   * What the operator shows: to change something, and with a policy to see something. Drawn by chance if none is given.
   * Everybody else shows a token that the runtime takes; see its option `tokens`.
   */
  token?: string
  /** Whom that token stands for. Default: whoever the runtime is served as. */
  operator?: PrincipalInput
  /** Events that are kept for who comes late, and for replay; 50,000 by default. */
  keepEvents?: number
  /**
   * Serves the feed of the official Stately Inspector as well, at `/stately`: every actor, event and snapshot, to any program
   * of this machine. Default: no.
   */
  stately?: boolean
  /** Told of every command: write it to your log. */
  onCommand?: (note: CommandNote) => void
}

const optionsSchema = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().min(1).default('127.0.0.1'),
  allowedHosts: z.array(z.string().min(1)).default([]),
  token: z
    .string()
    .min(16, 'at least 16 characters')
    .regex(/^[\w.~+/=-]+$/, 'letters, digits and -._~+/= only')
    .optional(),
  operator: principalSchema.optional(),
  keepEvents: z.number().int().min(1_000).max(10_000_000).default(50_000),
  stately: z.boolean().default(false),
  onCommand: z.custom<(note: CommandNote) => void>((value) => typeof value === 'function').optional(),
})

/** A server that runs. */
export interface Inspector {
  /** Where the page is. */
  readonly url: string
  readonly port: number
  readonly token: string | null
  close(): Promise<void>
}

const endedTasksKept = 10_000

/** Who takes longer to say what he wants is sent away: everybody comes from near. Times in ms, sizes in bytes. */
const limits = {
  headersTimeout: 2_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 16_384,
} as const

/**
 * Serves the page and the HTTP API of a runtime that lives in this process, to each caller as its policy has it: nobody is
 * shown more than the principal that it is served as may see. It keeps no process alive that has nothing
 * else to do but the server itself: close it. @throws RefusedError `OPTIONS_INVALID`,
 * `FORBIDDEN`; Error of the system if the port is taken
 */
export async function serveInspector(runtime: Runtime, options: InspectorOptions = {}): Promise<Inspector> {
  const read = optionsSchema.safeParse(options)
  if (!read.success)
    throw refuse('OPTIONS_INVALID', 'the options of the inspector are not valid', listProblems(read.error))
  const { token = randomBytes(24).toString('base64url'), operator, keepEvents, stately, onCommand, ...rest } = read.data
  if (stately && runtime.isGoverned)
    throw refuse('OPTIONS_INVALID', 'the options of the inspector are not valid', [
      'stately: with a policy it cannot be served, since the official inspector shows no token',
    ])
  const history = new EventHistory({ events: keepEvents, endedTasks: endedTasksKept })
  const folded = new FoldedHistory(history)
  const callers = new LiveCallers({ runtime, history: folded, token, operator, noted: (note) => onCommand?.(note) })
  addEarlierTasks(history.base, runtime.list(), runtime.journal())
  for (const event of runtime.journal()) history.add(event)
  const unsubscribe = runtime.on('*', (event) => history.add(event))
  const feed = stately ? new StatelyFeed(runtime) : null
  try {
    const inspector = await serve(callers, new ChartDesk(runtime), token, { ...rest, feed })
    return {
      ...inspector,
      close: async () => {
        unsubscribe()
        feed?.close()
        await inspector.close()
      },
    }
  } catch (thrown) {
    unsubscribe()
    throw thrown
  }
}

interface Place {
  readonly port: number
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly feed: StatelyFeed | null
}

/** What a journal is shown with. */
export interface JournalOptions {
  readonly port: number
  readonly keepEvents: number
}

/** Serves the page of a journal, after the fact: everything can be seen, and nothing changed. */
export function serveJournal(events: Iterable<RuntimeEvent>, { port, keepEvents }: JournalOptions): Promise<Inspector> {
  const history = new EventHistory({ events: keepEvents, endedTasks: endedTasksKept })
  for (const event of events) history.add(event)
  const callers = new JournalCallers(new FoldedHistory(history))
  return serve(callers, new ChartDesk(null), null, { port, host: '127.0.0.1', allowedHosts: [], feed: null })
}

async function serve(
  callers: Callers,
  charts: ChartDesk,
  token: string | null,
  { port: wanted, host, allowedHosts, feed }: Place,
): Promise<Inspector> {
  let hosts: ReadonlySet<string> = new Set()
  const files = readStaticFiles(fileURLToPath(new URL('../../dist/visualizer', import.meta.url)))
  const app = routes({ door: { hosts: () => hosts }, callers, charts, files })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: limits,
  })
  if (!('closeAllConnections' in server)) throw new Error('the server is no HTTP/1 server')
  if (feed) serveUpgrades(server, feed, () => hosts)
  const port = await listen(server, wanted, host)
  const names = host.includes(':') ? [`[${host}]`] : [host]
  hosts = new Set([
    ...['localhost', '127.0.0.1', '[::1]', ...names].map((name) => `${name}:${port}`.toLowerCase()),
    ...allowedHosts.map((name) => name.toLowerCase()),
  ])
  return { url: `http://${names[0] ?? host}:${port}/`, port, token, close: () => close(server, charts) }
}

function listen(server: Server, wanted: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(wanted, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : wanted)
    })
  })
}

async function close(server: Server, charts: ChartDesk): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    // Streams would keep it open for ever.
    server.closeAllConnections()
  })
  await charts.close()
}
