import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import secureJson from 'secure-json-parse'
import { z } from 'zod'
import { describeThrown, listProblems } from '../model/errors.ts'
import { taskStages } from '../model/stage.ts'
import type { ChartDesk } from './charts/chart-routes.ts'
import type { DoorOptions } from './door.ts'
import { guardDoor, problem } from './door.ts'
import { seqOfPlace, streamEvents } from './event-stream.ts'
import { openApi } from './open-api.ts'
import type { Command, CommandResult } from './protocol.ts'
import { apiBase, commandSchema } from './protocol.ts'
import type { StaticFile } from './static-files.ts'
import type { Inspected } from './subject.ts'
import type { TaskRow } from './view/task-row.ts'

export interface RouteParts {
  readonly door: DoorOptions
  readonly inspected: Inspected
  /** `null`: nothing can be changed. */
  readonly carryOut: ((command: Command) => Promise<CommandResult>) | null
  readonly charts: ChartDesk
  readonly files: ReadonlyMap<string, StaticFile>
}

const commandBytes = 1024 * 1024

const listQuery = z.strictObject({
  stage: z.enum(taskStages).optional(),
  type: z.string().max(200).optional(),
  principal: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(1_000),
})
type ListQuery = z.infer<typeof listQuery>

function list(rows: Iterable<TaskRow>, { stage, type, principal, limit }: ListQuery): TaskRow[] {
  const listed: TaskRow[] = []
  for (const row of rows) {
    if (stage !== undefined && row.stage !== stage) continue
    if (type !== undefined && row.type !== type) continue
    if (principal !== undefined && row.principal !== principal) continue
    listed.push(row)
    if (listed.length >= limit) break
  }
  return listed
}

/** The HTTP API and the page. */
export function routes({ door, inspected, carryOut, charts, files }: RouteParts): Hono {
  const app = new Hono()
  app.use(guardDoor(door))
  app.onError((error, c) => problem(c, 500, 'FAILED', describeThrown(error)))
  app.notFound((c) => problem(c, 404, 'NOT_FOUND', `there is no ${c.req.path}`))

  app.get(`${apiBase}/stream`, (c) => {
    const after = seqOfPlace(inspected.history, c.req.header('last-event-id') ?? c.req.query('after'))
    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    return c.body(streamEvents(inspected, after, c.req.raw.signal))
  })
  app.get(`${apiBase}/tasks`, (c) => {
    const query = listQuery.safeParse(c.req.query())
    if (!query.success)
      return problem(c, 400, 'QUERY_INVALID', 'the query is not valid', listProblems(query.error, 'query'))
    return c.json(list(inspected.rows(), query.data))
  })
  app.get(`${apiBase}/tasks/:id`, (c) => {
    const detail = inspected.detail(c.req.param('id'))
    return detail ? c.json(detail) : problem(c, 404, 'UNKNOWN_TASK', `no task ${c.req.param('id')}`)
  })
  app.get(`${apiBase}/queue`, (c) => c.json(inspected.queue()))
  app.get(`${apiBase}/questions`, (c) => c.json(inspected.questions()))
  app.get(`${apiBase}/resources`, (c) => c.json(inspected.resourceLines()))
  app.get(`${apiBase}/stats`, (c) => {
    const stats = inspected.stats()
    return stats ? c.json(stats) : problem(c, 404, 'NOT_LIVE', 'a journal has no statistics of its own')
  })
  app.get('/metrics', async (c) => {
    const { metrics } = inspected
    if (!metrics) return problem(c, 404, 'NOT_LIVE', 'a journal has no metrics of its own')
    c.header('content-type', metrics.contentType)
    return c.body(await metrics.text())
  })
  charts.addTo(app)
  app.get('/openapi.json', (c) => c.json(openApi))

  const tooLarge = bodyLimit({
    maxSize: commandBytes,
    onError: (c) => problem(c, 413, 'TOO_LARGE', `a command is at most ${commandBytes} bytes`),
  })
  app.post(`${apiBase}/commands`, tooLarge, async (c) => {
    const read = readCommand(await c.req.text())
    if (!read.ok) return problem(c, 400, 'COMMAND_INVALID', 'the command is not valid', read.problems)
    if (!carryOut) return problem(c, 409, 'READ_ONLY', 'nothing can be changed here')
    return c.json(await carryOut(read.command))
  })

  for (const [path, { bytes, type, isImmutable }] of files) {
    app.get(path, (c) => {
      c.header('content-type', type)
      c.header('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      return c.body(bytes)
    })
  }
  return app
}

type ReadCommand =
  | { readonly ok: true; readonly command: z.infer<typeof commandSchema> }
  | { readonly ok: false; readonly problems: string[] }

function readCommand(text: string): ReadCommand {
  let body: unknown
  try {
    // Refuses __proto__ and constructor.prototype, at any depth.
    body = secureJson.parse(text, null, { protoAction: 'error', constructorAction: 'error' })
  } catch (thrown) {
    return { ok: false, problems: [describeThrown(thrown)] }
  }
  const command = commandSchema.safeParse(body)
  return command.success ? { ok: true, command: command.data } : { ok: false, problems: listProblems(command.error) }
}
