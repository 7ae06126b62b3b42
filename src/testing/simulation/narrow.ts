import type { FaultKind } from './faults.ts'
import type { StepPlan, TaskPlan } from './plan.ts'
import type { Operation, Scenario } from './scenario.ts'
import { drawScenario, faultOf } from './scenario.ts'
import type { StoreFaults } from './simulated-store.ts'

type Allowed = ReadonlySet<FaultKind>

const ofStep = { throwBefore: 'stepThrowsBefore', throwAfter: 'stepThrowsAfter', hang: 'stepHangs' } as const
const ofUndo = { throw: 'undoThrows', hang: 'undoHangs' } as const
const ofEnd = {
  throw: 'handlerThrows',
  permanent: 'handlerThrows',
  hang: 'handlerHangs',
  late: 'handlerAnswersLate',
  twice: 'handlerAnswersTwice',
  badOutput: 'outputInvalid',
} as const

/** More tasks than that at once are an overload. */
const mostTasks = 14

function narrowStep(step: StepPlan, allowed: Allowed): StepPlan {
  return {
    ...step,
    faults: step.faults.map((fault) => (fault === 'none' || allowed.has(ofStep[fault]) ? fault : 'none')),
    undoFaults: step.undoFaults.map((fault) => (fault === 'none' || allowed.has(ofUndo[fault]) ? fault : 'none')),
  }
}

function narrowPlan({ steps, ends, spends }: TaskPlan, allowed: Allowed): TaskPlan {
  return {
    steps: steps.map((step) => narrowStep(step, allowed)),
    ends: ends.map((end) => (end === 'return' || end === 'ask' || allowed.has(ofEnd[end]) ? end : 'return')),
    spends,
  }
}

function narrowOperation(operation: Operation, allowed: Allowed): Operation[] {
  const fault = faultOf(operation)
  if (fault !== null && !allowed.has(fault)) return []
  switch (operation.type) {
    case 'submit':
      if (operation.task >= mostTasks && !allowed.has('overload')) return []
      return [{ ...operation, plan: narrowPlan(operation.plan, allowed) }]
    case 'crash':
      return [{ ...operation, skewMs: operation.skewMs < 0 && !allowed.has('clockJumpsBack') ? 0 : operation.skewMs }]
    default:
      return [operation]
  }
}

function narrowStore(store: StoreFaults, allowed: Allowed): StoreFaults {
  return {
    ...store,
    crashAfterRecords: allowed.has('crash') ? store.crashAfterRecords : null,
    lateChance: allowed.has('ackLate') ? store.lateChance : 0,
  }
}

/** What happens in the run of a seed, with faults of these kinds only. What a crash does to the tail comes with it. */
export function scenarioOf(seed: number, faults: readonly FaultKind[] | null): Scenario {
  const drawn = drawScenario(seed)
  if (faults === null) return drawn
  const allowed = new Set(faults)
  return {
    ...drawn,
    isOverload: drawn.isOverload && allowed.has('overload'),
    membersThrow: allowed.has('handlerThrows'),
    operations: drawn.operations.flatMap((operation) => narrowOperation(operation, allowed)),
    stores: drawn.stores.map((store) => narrowStore(store, allowed)),
  }
}
