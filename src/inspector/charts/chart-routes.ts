import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { theRuntime } from '../../model/access.ts'
import { describeThrown, ForbiddenError, listProblems } from '../../model/errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { supervisorId } from '../actor-names.ts'
import { problem } from '../door.ts'
import { streamFrames } from '../frame-stream.ts'
import type { Identified } from '../identity.ts'
import { InspectionHub } from '../inspection-hub.ts'
import { actorLines } from '../messages/actor-lines.ts'
import { MessageRing } from '../messages/message-ring.ts'
import { apiBase } from '../protocol.ts'
import { ChartWatch } from './chart-watch.ts'
import { MachineCatalogue } from './machine-catalogue.ts'

const geometryQuery = z.strictObject({
  labels: z.enum(['full', 'events']).default('full'),
  folded: z.string().max(4_000).default(''),
})

const actorsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(100_000).default(5_000) })
const messagesQuery = z.strictObject({ task: z.string().min(1).max(200).optional() })

/** Streams that may be open at a time: each costs the runtime something for every message. */
const watchersAtMost = 32

/** What is needed to draw machines and messages. */
export class ChartDesk {
  readonly #catalogue: MachineCatalogue
  readonly #hub: InspectionHub | null
  #watchers = 0

  /** @param runtime `null`: a journal after the fact, which has no actors */
  constructor(runtime: Runtime | null) {
    this.#catalogue = new MachineCatalogue(runtime && permitted(() => runtime.registry))
    const root = runtime && permitted(() => runtime.actor)
    this.#hub = root && new InspectionHub(root)
  }

  async close(): Promise<void> {
    await this.#catalogue.end()
  }

  addTo(app: Hono<Identified>): void {
    app.get(`${apiBase}/machines`, (c) => c.json(this.#catalogue.list(drawable(c.var.caller.face))))
    app.get(`${apiBase}/machines/:id/geometry`, (c) => this.#geometry(c, c.req.param('id')))
    app.get(`${apiBase}/tasks/:id/chart-events`, (c) => {
      const id = c.req.param('id')
      if (!c.var.caller.face?.get(id)) return problem(c, 404, 'UNKNOWN_TASK', `no task ${id} that lives here`)
      return this.#chartEvents(c, id)
    })
    app.get(`${apiBase}/supervisor/chart-events`, (c) => this.#chartEvents(c, supervisorId))
    app.get(`${apiBase}/messages`, (c) => this.#messages(c))
    app.get(`${apiBase}/actors`, (c) => {
      const query = actorsQuery.safeParse(c.req.query())
      if (!query.success) return invalid(c, query.error)
      const { face } = c.var.caller
      return c.json(face ? actorLines(face, query.data.limit) : [])
    })
  }

  async #geometry(c: Context<Identified>, id: string): Promise<Response> {
    const query = geometryQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const machine = this.#catalogue.find(id, drawable(c.var.caller.face))
    if (!machine) return problem(c, 404, 'UNKNOWN_MACHINE', `no machine ${id}`)
    const { labels, folded } = query.data
    const states = new Set(machine.chart.graph.states.map((state) => state.id))
    const wanted = folded.split(',').filter((name) => states.has(name))
    try {
      return c.json(await this.#catalogue.geometry(machine, { labels, folded: wanted }))
    } catch (thrown) {
      return problem(c, 500, 'LAYOUT_FAILED', describeThrown(thrown))
    }
  }

  /** @throws ForbiddenError if the caller may not inspect it */
  #chartEvents(c: Context<Identified>, id: string): Response {
    const { face: runtime } = c.var.caller
    const hub = this.#hub
    if (!runtime || !hub) return problem(c, 404, 'NOT_LIVE', 'a journal has no actors')
    return this.#stream(c, () => new ChartWatch(runtime, this.#catalogue, hub, id))
  }

  /** @throws ForbiddenError if the caller may not inspect the runtime, or the task whose messages they are */
  #messages(c: Context<Identified>): Response {
    const query = messagesQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const { face: runtime } = c.var.caller
    const hub = this.#hub
    if (!runtime || !hub) return problem(c, 404, 'NOT_LIVE', 'a journal has no actors')
    const { task = null } = query.data
    const handle = task === null ? undefined : runtime.get(task)
    if (handle) handle.authorise('inspect')
    else runtime.authorise('inspect', theRuntime)
    return this.#stream(c, () => new MessageRing(runtime, hub, task))
  }

  #stream(c: Context<Identified>, watch: () => { frame(): unknown; end(): void }): Response {
    if (this.#watchers >= watchersAtMost)
      return problem(c, 409, 'TOO_MANY_WATCHERS', `at most ${watchersAtMost} such streams at a time; close one`)
    const watched = watch()
    this.#watchers += 1
    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    const ended = () => {
      this.#watchers -= 1
      watched.end()
    }
    const { inspected } = c.var.caller
    return c.body(
      streamFrames(
        () => watched.frame(),
        c.req.raw.signal,
        ended,
        () => inspected.isOver,
      ),
    )
  }
}

/** Machines of handlers are for who may read the runtime, or a task that they run. */
function drawable(face: Runtime | null): (type: string) => boolean {
  if (!face?.isGoverned) return () => true
  const types = face.types()
  return (type) => types.has(type) || face.list({ type, limit: 1 }).length > 0
}

/** A principal that may not see definitions or actors is shown the machines alone. */
function permitted<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof ForbiddenError) return null
    throw thrown
  }
}

function invalid(c: Context, error: z.ZodError): Response {
  return problem(c, 400, 'QUERY_INVALID', 'the query is not valid', listProblems(error, 'query'))
}
