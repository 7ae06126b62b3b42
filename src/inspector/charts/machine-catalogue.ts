import { createHash } from 'node:crypto'
import type { AnyStateMachine } from 'xstate'
import { StateMachine } from 'xstate'
import { supervisorMachine } from '../../machines/supervisor-machine.ts'
import { taskMachine } from '../../machines/task-machine.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { MachineLine } from '../view/chart/chart-protocol.ts'
import type { ChartGeometry, ChartOptions } from '../view/chart/geometry.ts'
import { LayoutThread } from './layout-thread.ts'
import type { ReadChart } from './read-graph.ts'
import { readGraph } from './read-graph.ts'

/** Who knows the definitions that a runtime was given. */
export interface DefinitionSource {
  find(type: string, version: number): TaskDefinition | undefined
  list(): readonly { readonly type: string; readonly version: number }[]
}

interface Known {
  readonly line: MachineLine
  readonly chart: ReadChart
}

const geometriesKept = 100

const ours: readonly [string, 'task' | 'supervisor', AnyStateMachine][] = [
  ['task', 'task', taskMachine],
  ['supervisor', 'supervisor', supervisorMachine],
]

/** How the machine that is the handler of a type's version is called. */
export function handlerMachineId(type: string, version: number): string {
  return `${type}@${version}`
}

/** The machine that is a definition's handler; `null`: it is a function, or other logic. */
function handlerMachineOf(definition: TaskDefinition | undefined): AnyStateMachine | null {
  if (definition?.handler.form !== 'actor') return null
  const { logic } = definition.handler
  return logic instanceof StateMachine ? logic : null
}

/** The machines that can be drawn: the task's, the supervisor's, and those that are handlers. Each is laid out once. */
export class MachineCatalogue {
  readonly #definitions: DefinitionSource | null
  readonly #thread = new LayoutThread()
  readonly #known = new Map<AnyStateMachine, Known>()
  readonly #geometries = new Map<string, Promise<ChartGeometry>>()

  /** @param definitions `null`: nobody knows them, as with a journal file */
  constructor(definitions: DefinitionSource | null) {
    this.#definitions = definitions
  }

  list(isDrawable: (type: string) => boolean): MachineLine[] {
    const lines = ours.map(([id, kind, machine]) => this.#read(machine, id, kind).line)
    for (const { type, version } of this.#definitions?.list() ?? []) {
      const known = isDrawable(type) ? this.#handler(type, version) : null
      if (known) lines.push(known.line)
    }
    return lines
  }

  /** @param id `task`, `supervisor`, or `type@version` */
  find(id: string, isDrawable: (type: string) => boolean = () => true): Known | null {
    const own = ours.find(([name]) => name === id)
    if (own) return this.#read(own[2], own[0], own[1])
    const at = id.lastIndexOf('@')
    const type = id.slice(0, at)
    return at < 1 || !isDrawable(type) ? null : this.#handler(type, Number(id.slice(at + 1)))
  }

  definition(type: string, version: number): TaskDefinition | undefined {
    return this.#definitions?.find(type, version)
  }

  /** @throws (rejects) Error if it cannot be laid out */
  geometry({ line, chart }: Known, options: ChartOptions): Promise<ChartGeometry> {
    const key = JSON.stringify([line.hash, options.labels, [...options.folded].sort()])
    const kept = this.#geometries.get(key)
    const geometry = kept ?? this.#thread.layOut(chart.graph, options)
    this.#geometries.delete(key)
    this.#geometries.set(key, geometry)
    // A failure is not kept: the next one who asks may be luckier.
    geometry.catch(() => this.#geometries.delete(key))
    for (const oldest of this.#geometries.keys()) {
      if (this.#geometries.size <= geometriesKept) break
      this.#geometries.delete(oldest)
    }
    return geometry
  }

  async end(): Promise<void> {
    await this.#thread.end()
  }

  #handler(type: string, version: number): Known | null {
    const machine = handlerMachineOf(this.definition(type, version))
    return machine ? this.#read(machine, handlerMachineId(type, version), 'handler') : null
  }

  #read(machine: AnyStateMachine, id: string, kind: MachineLine['kind']): Known {
    const known = this.#known.get(machine)
    if (known?.line.id === id) return known
    const chart = known?.chart ?? readGraph(machine)
    const { graph } = chart
    const hash = createHash('sha256').update(JSON.stringify(graph)).digest('base64url').slice(0, 16)
    const line = { id, kind, hash, states: graph.states.length, transitions: graph.transitions.length }
    const read = { line, chart }
    this.#known.set(machine, read)
    return read
  }
}
