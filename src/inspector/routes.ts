import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import secureJson from 'secure-json-parse'
import { z } from 'zod'
import { describeThrown, listProblems, RefusedError } from '../model/errors.ts'
import { taskStages } from '../model/stage.ts'
import type { Callers } from './callers.ts'
import type { ChartDesk } from './charts/chart-routes.ts'
import type { DoorOptions } from './door.ts'
import { guardDoor, problem, takesJson } from './door.ts'
import { seqOfPlace, streamEvents } from './event-stream.ts'
import type { Identified } from './identity.ts'
import { identify } from './identity.ts'
import { openApi } from './open-api.ts'
import type { CommandResult } from './protocol.ts'
import { apiBase, commandSchema } from './protocol.ts'
import type { StaticFile } from './static-files.ts'
import type { TaskRow } from './view/task-row.ts'

export interface RouteParts {
  readonly door: DoorOptions
  readonly callers: Callers
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
export function routes({ door, callers, charts, files }: RouteParts): Hono<Identified> {
  const app = new Hono<Identified>()
  app.use(guardDoor(door))
  app.use(`${apiBase}/*`, identify(callers), takesJson)
  app.use('/metrics', identify(callers))
  app.onError((error, c) => {
    if (!(error instanceof RefusedError)) return problem(c, 500, 'FAILED', describeThrown(error))
    const status = error.code === 'FORBIDDEN' ? 403 : error.code === 'TOKEN_REFUSED' ? 401 : 409
    return problem(c, status, error.code, error.message, [...error.problems])
  })
  app.notFound((c) => problem(c, 404, 'NOT_FOUND', `there is no ${c.req.path}`))

  app.get(`${apiBase}/caller`, (c) => {
    const { principal, expiresAt } = c.var.caller
    return c.json({ principal, expiresAt })
  })
  app.get(`${apiBase}/stream`, (c) => {
    const { inspected } = c.var.caller
    const after = seqOfPlace(inspected.history, c.req.header('last-event-id') ?? c.req.query('after'))
    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    return c.body(streamEvents(inspected, after, c.req.raw.signal))
  })
  app.get(`${apiBase}/tasks`, (c) => {
    const query = listQuery.safeParse(c.req.query())
    if (!query.success)
      return problem(c, 400, 'QUERY_INVALID', 'the query is not valid', listProblems(query.error, 'query'))
    return c.json(list(c.var.caller.inspected.rows(), query.data))
  })
  app.get(`${apiBase}/tasks/:id`, (c) => {
    const detail = c.var.caller.inspected.detail(c.req.param('id'))
    return detail ? c.json(detail) : problem(c, 404, 'UNKNOWN_TASK', `no task ${c.req.param('id')}`)
  })
  app.get(`${apiBase}/queue`, (c) => c.json(c.var.caller.inspected.queue()))
  app.get(`${apiBase}/questions`, (c) => c.json(c.var.caller.inspected.questions()))
  app.get(`${apiBase}/resources`, (c) => c.json(c.var.caller.inspected.resourceLines()))
  app.get(`${apiBase}/stats`, (c) => {
    const stats = c.var.caller.inspected.stats()
    return stats ? c.json(stats) : problem(c, 404, 'NOT_LIVE', 'a journal has no statistics of its own')
  })
  app.get('/metrics', async (c) => {
    const { metrics } = c.var.caller.inspected
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
    const { carryOut } = c.var.caller
    if (!carryOut) return problem(c, 409, 'READ_ONLY', 'nothing can be changed here')
    const result = await carryOut(read.command)
    const { done, refused } = result
    const [first] = refused
    // Nothing was done, since nothing of it is allowed.
    if (first && done.length === 0 && refused.every(({ code }) => code === 'FORBIDDEN'))
      return problem(c, 403, 'FORBIDDEN', first.message, messages(refused))
    return c.json(result)
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

/** Of a thousand tasks that may not be touched, the first say enough. */
function messages(refused: CommandResult['refused']): string[] {
  return refused.slice(0, 100).map(({ message }) => message)
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
