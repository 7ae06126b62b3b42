import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { theRuntime } from '../../model/access.ts'
import { describeThrown, ForbiddenError, listProblems } from '../../model/errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { supervisorId } from '../actor-names.ts'
import { problem } from '../door.ts'
import { streamFrames } from '../frame-stream.ts'
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

const noActors = 'a journal has no actors'

/** Streams that may be open at a time: each costs the runtime something for every message. */
const watchersAtMost = 32

/** The runtime as whoever calls has it; `null`: a journal after the fact, which has no actors. */
type FaceOf = (c: Context) => Runtime | null

/** What is needed to draw machines and messages. What it shows of tasks and actors is what the caller may see. */
export class ChartDesk {
  readonly #catalogue: MachineCatalogue
  readonly #hub: InspectionHub | null
  readonly #faceOf: FaceOf
  #watchers = 0

  /**
   * @param runtime as who serves it has it; `null`: a journal after the fact
   * @param faceOf as a caller has it
   */
  constructor(runtime: Runtime | null, faceOf: FaceOf = () => runtime) {
    this.#catalogue = new MachineCatalogue(runtime && permitted(() => runtime.registry))
    const root = runtime && permitted(() => runtime.actor)
    this.#hub = root && new InspectionHub(root)
    this.#faceOf = faceOf
  }

  async close(): Promise<void> {
    await this.#catalogue.end()
  }

  addTo(app: Hono): void {
    app.get(`${apiBase}/machines`, (c) => {
      const face = this.#faceOf(c)
      return c.json(this.#catalogue.list().filter(({ id, kind }) => kind !== 'handler' || mayDraw(face, id)))
    })
    app.get(`${apiBase}/machines/:id/geometry`, (c) => this.#geometry(c, c.req.param('id')))
    app.get(`${apiBase}/tasks/:id/chart-events`, (c) => {
      const id = c.req.param('id')
      const face = this.#faceOf(c)
      if (!face?.get(id)) return problem(c, 404, 'UNKNOWN_TASK', `no task ${id} that lives here`)
      return this.#stream(c, (hub) => new ChartWatch(face, this.#catalogue, hub, id))
    })
    app.get(`${apiBase}/supervisor/chart-events`, (c) => {
      const face = this.#inspecting(c)
      if (!face) return problem(c, 404, 'NOT_LIVE', noActors)
      return this.#stream(c, (hub) => new ChartWatch(face, this.#catalogue, hub, supervisorId))
    })
    app.get(`${apiBase}/messages`, (c) => this.#messages(c))
    app.get(`${apiBase}/actors`, (c) => {
      const query = actorsQuery.safeParse(c.req.query())
      if (!query.success) return invalid(c, query.error)
      const face = this.#inspecting(c)
      return c.json(face ? actorLines(face, query.data.limit) : [])
    })
  }

  /** @throws ForbiddenError if the caller may not look at the actors */
  #inspecting(c: Context): Runtime | null {
    const face = this.#faceOf(c)
    face?.authorise('inspect', theRuntime)
    return face
  }

  async #geometry(c: Context, id: string): Promise<Response> {
    const query = geometryQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const machine = this.#catalogue.find(id)
    if (!machine || (machine.line.kind === 'handler' && !mayDraw(this.#faceOf(c), id)))
      return problem(c, 404, 'UNKNOWN_MACHINE', `no machine ${id}`)
    const { labels, folded } = query.data
    const states = new Set(machine.chart.graph.states.map((state) => state.id))
    const wanted = folded.split(',').filter((name) => states.has(name))
    try {
      return c.json(await this.#catalogue.geometry(machine, { labels, folded: wanted }))
    } catch (thrown) {
      return problem(c, 500, 'LAYOUT_FAILED', describeThrown(thrown))
    }
  }

  #messages(c: Context): Response {
    const query = messagesQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const { task = null } = query.data
    const face = task === null ? this.#inspecting(c) : this.#faceOf(c)
    if (!face) return problem(c, 404, 'NOT_LIVE', noActors)
    if (task !== null && !face.get(task)) return problem(c, 404, 'UNKNOWN_TASK', `no task ${task} that lives here`)
    return this.#stream(c, (hub) => new MessageRing(face, hub, task))
  }

  #stream(c: Context, watch: (hub: InspectionHub) => { frame(): unknown; end(): void }): Response {
    if (!this.#hub) return problem(c, 404, 'NOT_LIVE', noActors)
    if (this.#watchers >= watchersAtMost)
      return problem(c, 409, 'TOO_MANY_WATCHERS', `at most ${watchersAtMost} such streams at a time; close one`)
    const watched = watch(this.#hub)
    this.#watchers += 1
    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    const ended = () => {
      this.#watchers -= 1
      watched.end()
    }
    return c.body(streamFrames(() => watched.frame(), c.req.raw.signal, ended))
  }
}

/** How a handler is made is for those who may look at the actors, or at a task of its type. */
function mayDraw(face: Runtime | null, machine: string): boolean {
  if (!face) return false
  const type = machine.slice(0, machine.lastIndexOf('@'))
  if (face.list({ type, limit: 1 }).length > 0) return true
  return permitted(() => face.authorise('inspect', theRuntime)) !== null
}

/** `null`: a principal may not. */
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
