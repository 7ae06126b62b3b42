import type { RuntimeEvent } from '../../model/events.ts'

/** All that could be seen of a life from outside: on virtual time the same life leaves the same trace. */
export type LifeTrace = readonly string[]

interface Lived {
  readonly events: readonly RuntimeEvent[]
  /** What the supervisor was told. */
  readonly told: readonly string[]
}

export function traceOf({ events, told }: Lived): string[] {
  return [...events.map(written), ...told.map((message) => `supervisor: ${message}`)]
}

function written(event: RuntimeEvent): string {
  try {
    return JSON.stringify(event)
  } catch {
    return event.type
  }
}

/** Where two traces part; `null`: nowhere. */
function whereTheyPart(actual: LifeTrace, expected: LifeTrace): string | null {
  const at = expected.findIndex((line, index) => actual[index] !== line)
  const index = at === -1 && actual.length > expected.length ? expected.length : at
  if (index === -1) return null
  return `it shows ${actual[index] ?? 'nothing more'}, and should as before: ${expected[index] ?? 'nothing more'}`
}

/** The traces of the paths of a suite, by their names, as its own definition has left them. */
export class LifeTraces {
  readonly #traces = new Map<string, LifeTrace>()
  /** Paths whose traces differ from one run to the next: real time, or chance, has a part in them. */
  readonly #unsteady = new Set<string>()

  /** Takes the trace of a path that its own definition has walked. */
  note(name: string, trace: LifeTrace): void {
    const known = this.#traces.get(name)
    if (known && whereTheyPart(trace, known) !== null) this.#unsteady.add(name)
    else this.#traces.set(name, trace)
  }

  /** What is different for something else on the same path; `null`: nothing, or nothing is known. */
  difference(name: string, trace: LifeTrace): string | null {
    const known = this.#traces.get(name)
    return known && !this.#unsteady.has(name) ? whereTheyPart(trace, known) : null
  }
}
