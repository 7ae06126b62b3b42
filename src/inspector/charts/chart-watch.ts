import type { ActorRefLike, AnyActorRef, InspectionEvent } from 'xstate'
import { compiledSupervisor } from '../../machines/supervisor-engine.ts'
import { compiledTask } from '../../machines/task-engine.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { actorId, handlerId, supervisorId } from '../actor-names.ts'
import type { InspectionHub } from '../inspection-hub.ts'
import { activeStates } from '../view/chart/active-states.ts'
import type { ChartFrame, ChartMove, ChartPolicy, ChartTimer } from '../view/chart/chart-protocol.ts'
import { FollowedMachine } from './followed-machine.ts'
import type { MachineCatalogue } from './machine-catalogue.ts'
import { handlerMachineId } from './machine-catalogue.ts'
import type { ReadChart } from './read-graph.ts'

const movesKept = 50

interface Part {
  readonly machine: string
  readonly chart: ReadChart
  readonly actor: AnyActorRef
  /** Of a machine that we run ourselves. */
  readonly followed: { step(event: { readonly type: string }, snapshot: unknown): readonly string[] } | null
}

/** Watches the charts of one actor: those of a task and its handler, or the supervisor's. */
export class ChartWatch {
  readonly #runtime: Runtime
  readonly #catalogue: MachineCatalogue
  readonly #id: string
  readonly #end: () => void
  readonly #parts = new Map<string, Part>()
  #taken = new Map<string, Map<string, number>>()
  #moves: ChartMove[] = []
  #said = ''

  /** @param id of a task, or `supervisor` */
  constructor(runtime: Runtime, catalogue: MachineCatalogue, hub: InspectionHub, id: string) {
    this.#runtime = runtime
    this.#catalogue = catalogue
    this.#id = id
    this.#find()
    this.#end = hub.watch((event) => this.#note(event))
  }

  end(): void {
    this.#end()
  }

  /** What has changed since the last call; `null`: nothing. */
  frame(): ChartFrame | null {
    const frame = this.#frame()
    const { active, timers, policy } = frame
    const said = JSON.stringify([active, timers, policy])
    if (said === this.#said && frame.moves.length === 0) return null
    this.#said = said
    this.#moves = []
    this.#taken = new Map()
    return frame
  }

  #frame(): ChartFrame {
    const taken = Object.fromEntries([...this.#taken].map(([machine, counts]) => [machine, Object.fromEntries(counts)]))
    const parts = [...this.#parts.values()]
    const active = Object.fromEntries(
      parts.map(({ machine, chart, actor }) => [machine, activeStates(chart.graph.states, stateValueOf(actor))]),
    )
    const timers = parts.flatMap((part) => this.#timersOf(part))
    return { now: this.#runtime.now(), taken, moves: this.#moves, active, timers, policy: this.#policy() }
  }

  /** The actors to watch, as far as there are any now. */
  #find(): void {
    if (this.#id === supervisorId) {
      const { actor } = this.#runtime
      this.#add(supervisorId, 'supervisor', actor, new FollowedMachine(compiledSupervisor, actor.getSnapshot()))
      return
    }
    const handle = this.#runtime.get(this.#id)
    if (!handle) return
    const { actor } = handle
    this.#add(this.#id, 'task', actor, new FollowedMachine(compiledTask, actor.getSnapshot()))
    if (handle.handlerActor) this.#addHandler(handle.handlerActor)
  }

  #addHandler(actor: AnyActorRef): void {
    const view = this.#runtime.get(this.#id)?.view()
    if (view) this.#add(handlerId(this.#id), handlerMachineId(view.type, view.version), actor, null)
  }

  #add(id: string, machine: string, actor: AnyActorRef, followed: Part['followed']): void {
    const known = this.#catalogue.find(machine)
    if (known) this.#parts.set(id, { machine, chart: known.chart, actor, followed })
  }

  #note(event: InspectionEvent): void {
    const id = actorId(event.actorRef)
    if (id === this.#id) this.#noteOwn(id, event)
    else if (id === handlerId(this.#id)) this.#noteHandler(id, event)
  }

  #noteOwn(id: string, event: InspectionEvent): void {
    // An actor that is restarted.
    if (event.type === '@xstate.actor') this.#parts.delete(id)
    if (event.type !== '@xstate.snapshot') return
    const part = this.#parts.get(id)
    if (!part) return this.#find()
    const names = part.followed?.step(event.event, event.snapshot) ?? []
    const taken = names.flatMap((name) => part.chart.keysByName.get(name) ?? [])
    this.#count(part, event.event.type, taken)
  }

  #noteHandler(id: string, event: InspectionEvent): void {
    // A new attempt has a new handler.
    if (event.type === '@xstate.actor') this.#parts.delete(id)
    if (event.type !== '@xstate.microstep') return
    if (!this.#parts.has(id) && isActor(event.actorRef)) this.#addHandler(event.actorRef)
    const part = this.#parts.get(id)
    if (!part) return
    const taken = event._transitions.flatMap((one) => part.chart.keys.get(one) ?? [])
    this.#count(part, event.event.type, taken)
  }

  #count({ machine }: Part, event: string, taken: readonly string[]): void {
    if (taken.length === 0) return
    const counts = this.#taken.get(machine) ?? new Map<string, number>()
    for (const key of taken) counts.set(key, (counts.get(key) ?? 0) + 1)
    this.#taken.set(machine, counts)
    this.#moves.push({ at: this.#runtime.now(), machine, event, taken })
    if (this.#moves.length > movesKept) this.#moves.shift()
  }

  /** XState keeps what it has scheduled by the process's clock. */
  #timersOf({ machine, chart, actor, followed }: Part): ChartTimer[] {
    if (followed) return []
    return Object.values(actor.system.getSnapshot()._scheduledEvents).flatMap(({ source, event, startedAt, delay }) => {
      if (source !== actor) return []
      const transitions = chart.graph.transitions.filter((one) => one.event === event.type).map(({ key }) => key)
      const dueAt = Math.round(this.#runtime.now() + startedAt + delay - Date.now())
      return [{ machine, transitions, dueAt }]
    })
  }

  #policy(): ChartPolicy | null {
    const view = this.#runtime.get(this.#id)?.view()
    const definition = view && this.#catalogue.definition(view.type, view.version)
    if (!view || !definition) return null
    return { timeoutMs: definition.timeoutMs, graceMs: definition.graceMs, deadlineAt: view.deadlineAt }
  }
}

function isActor(ref: ActorRefLike): ref is AnyActorRef {
  return 'system' in ref && 'id' in ref
}

function stateValueOf(actor: AnyActorRef): unknown {
  const snapshot: unknown = actor.getSnapshot()
  return typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot ? snapshot.value : null
}
