import type { TaskDefinition } from '../../model/definition.ts'
import type { Visit } from '../lifecycle/pilot.ts'
import type { SuitePlan } from '../lifecycle/suite-plan.ts'
import type { Alteration } from './altered-handler.ts'
import { alteredDefinition } from './altered-handler.ts'
import type { Mutant, MutantKind } from './mutant.ts'

/** Faults in what a handler that is a function does, and the handlers of its children; found by where it came by. */
export function callFaults({ definition, rehearsed }: SuitePlan): Mutant[] {
  const faults = new CallFaults(definition)
  for (const { life } of rehearsed) {
    for (const { path, step } of life.undoable) faults.addUndo(path, step)
    const counts = new Map<string, number>()
    for (const visit of life.visits) {
      if (visit.attempt > 1) continue
      const key = `${visit.kind} ${visit.path}`
      const index = (counts.get(key) ?? 0) + 1
      counts.set(key, index)
      faults.addVisit(visit, index)
    }
  }
  return [...faults.mutants.values()]
}

function ofChild(path: string): string {
  return path === '' ? '' : ` of ${path}`
}

class CallFaults {
  readonly mutants = new Map<string, Mutant>()
  readonly #definition: TaskDefinition

  constructor(definition: TaskDefinition) {
    this.#definition = definition
  }

  addUndo(path: string, step: string): void {
    const of = ofChild(path)
    if (step !== 'rollback')
      this.#plant('skip undo', `step "${step}"${of} has no undo`, null, { does: 'skipUndo', path, name: step })
    // Its own is one of the definition's faults.
    else if (path !== '')
      this.#plant('skip undo', `the rollback${of} is left out`, null, { does: 'skipRollback', path })
  }

  /** @param index of the visit among those of its kind and task, from 1 */
  addVisit({ kind, path, name, point }: Visit, index: number): void {
    const of = ofChild(path)
    switch (kind) {
      case 'before':
        this.#plant('skip step', `step "${name}"${of} does nothing`, point, { does: 'skipStep', path, name })
        this.#plant('repeat step', `step "${name}"${of} is done twice`, point, { does: 'repeatStep', path, name })
        return
      case 'question':
        this.#plant('skip call', `question ${index}${of} is left out`, point, { does: 'skipQuestion', path, index })
        return
      case 'sleep':
        this.#plant('skip call', `sleep ${index}${of} is left out`, point, { does: 'skipSleep', path, index })
        return
      case 'end': {
        const what = `the failures${of} are final where they could be retried, and the other way round`
        this.#plant('swap retry and fail', what, point, { does: 'swapRetry', path })
        this.#plant('change output', `the output${of} is another`, point, { does: 'spoilOutput', path })
        return
      }
      default:
    }
  }

  #plant(kind: MutantKind, what: string, point: string | null, alteration: Alteration): void {
    const id = `handler: ${what}`
    if (this.mutants.has(id)) return
    const touches = point === null ? [] : [{ kind: 'states' as const, chart: 'handler', id: point }]
    const make = () => ({ definition: alteredDefinition(this.#definition, alteration) })
    this.mutants.set(id, { id, place: 'handler', kind, what, touches, make })
  }
}
