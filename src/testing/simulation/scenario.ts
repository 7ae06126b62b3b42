import type { Random } from '../../model/environment.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import type { FaultKind } from './faults.ts'
import type { StepPlan, TaskPlan } from './plan.ts'
import type { StoreFaults } from './simulated-store.ts'

/** Something that is done to the runtime from outside, `at` ms after the beginning. `task`: the n-th submitted. */
export type Operation = { readonly at: number } & (
  | {
      readonly type: 'submit'
      readonly task: number
      readonly definition: string
      readonly plan: TaskPlan
      readonly priority: 'low' | 'normal' | 'high'
      readonly principal: string
      readonly after: number | null
      readonly delayMs: number | null
      readonly deadlineMs: number | null
    }
  | { readonly type: 'cancel'; readonly task: number }
  | { readonly type: 'pauseTask'; readonly task: number; readonly forMs: number }
  | { readonly type: 'pauseAll'; readonly forMs: number }
  | { readonly type: 'resize'; readonly capacity: number; readonly forMs: number }
  | { readonly type: 'drain'; readonly forMs: number }
  | { readonly type: 'stop'; readonly graceMs: number }
  | { readonly type: 'crash'; readonly downMs: number; readonly skewMs: number }
  | { readonly type: 'jump'; readonly ms: number; readonly kind: 'clockJumpsForward' | 'processPauses' }
  | { readonly type: 'full'; readonly forMs: number }
  | { readonly type: 'eio'; readonly forMs: number }
  | { readonly type: 'message'; readonly task: number; readonly how: 'duplicate' | 'stale' | 'reordered' }
  | { readonly type: 'actorCrash'; readonly task: number; readonly isEpidemic: boolean }
  | { readonly type: 'answer'; readonly task: number }
)

/** All that a seed stands for. Plain data: a failing one is made smaller by leaving things out. */
export interface Scenario {
  readonly seed: number
  readonly slots: number
  readonly isOverload: boolean
  /** Members of flows may throw, by a chance of their own. */
  readonly membersThrow: boolean
  readonly operations: readonly Operation[]
  /** The faults of the store by process; the last entry holds for all later ones. */
  readonly stores: readonly StoreFaults[]
}

const quietStore: StoreFaults = { crashAfterRecords: null, lateChance: 0, lateMs: 0 }

function chance(random: Random, probability: number): boolean {
  return random.next() < probability
}

function within(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1))
}

function pick<const Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random.next() * items.length)] ?? items[0]
}

/** A fault in every third place or so, so that most tasks meet one and few meet only faults. */
function faults<const Fault>(random: Random, none: Fault, others: readonly [Fault, ...Fault[]]): Fault[] {
  return Array.from({ length: within(random, 1, 3) }, () => (chance(random, 0.3) ? pick(random, others) : none))
}

function drawStep(random: Random, index: number): StepPlan {
  return {
    name: `step${index + 1}`,
    // Some are silent for longer than a heartbeat, and not for two.
    takesMs: chance(random, 0.1) ? within(random, 1_050, 1_900) : within(random, 1, 40),
    faults: faults(random, 'none', ['throwBefore', 'throwAfter', 'throwAfter', 'hang']),
    undoFaults: chance(random, 0.3) ? faults(random, 'throw', ['hang', 'throw']) : [],
  }
}

function drawPlan(random: Random): TaskPlan {
  return {
    steps: Array.from({ length: within(random, 0, 3) }, (_, index) => drawStep(random, index)),
    ends: faults(random, 'return', ['throw', 'throw', 'permanent', 'hang', 'late', 'twice', 'badOutput', 'ask']),
    spends: chance(random, 0.3) ? within(random, 1, 3) : 0,
  }
}

type Drawn<Type extends Operation['type']> = Extract<Operation, { type: Type }>

function drawSubmission(random: Random, at: number, task: number): Drawn<'submit'> {
  return {
    at,
    type: 'submit',
    task,
    definition: pick(random, ['plain', 'plain', 'plain', 'wide', 'paid', 'cautious', 'brittle', 'flow']),
    plan: drawPlan(random),
    priority: pick(random, ['low', 'normal', 'normal', 'high']),
    principal: pick(random, ['ada', 'bob']),
    after: task > 0 && chance(random, 0.15) ? within(random, 0, task - 1) : null,
    delayMs: chance(random, 0.1) ? within(random, 10, 3_000) : null,
    deadlineMs: chance(random, 0.08) ? within(random, 50, 5_000) : null,
  }
}

function drawTrouble(random: Random, at: number, tasks: number): Operation {
  const task = within(random, 0, Math.max(0, tasks - 1))
  switch (within(random, 0, 17)) {
    case 0:
    case 1:
      return { at, type: 'cancel', task }
    case 2:
    case 3:
      return { at, type: 'pauseTask', task, forMs: within(random, 10, 2_000) }
    case 4:
      return { at, type: 'pauseAll', forMs: within(random, 10, 1_000) }
    case 5:
      return { at, type: 'resize', capacity: within(random, 3, 6), forMs: within(random, 50, 2_000) }
    case 6:
      return { at, type: 'drain', forMs: within(random, 10, 500) }
    case 7:
      return { at, type: 'stop', graceMs: within(random, 0, 300) }
    case 8:
    case 9:
      return {
        at,
        type: 'crash',
        downMs: within(random, 1, 5_000),
        skewMs: pick(random, [0, 0, -3_600_000, 3_600_000]),
      }
    case 10:
      return { at, type: 'jump', ms: 3_600_000, kind: 'clockJumpsForward' }
    case 11:
      return { at, type: 'jump', ms: within(random, 2_500, 9_000), kind: 'processPauses' }
    case 12:
      return { at, type: 'full', forMs: within(random, 10, 1_000) }
    case 13:
      return { at, type: 'eio', forMs: within(random, 10, 500) }
    case 14:
    case 15:
      return { at, type: 'message', task, how: pick(random, ['duplicate', 'stale', 'reordered']) }
    case 16:
      return { at, type: 'actorCrash', task, isEpidemic: chance(random, 0.3) }
    default:
      return { at, type: 'answer', task }
  }
}

function drawStore(random: Random): StoreFaults {
  return {
    crashAfterRecords: chance(random, 0.6) ? within(random, 3, 150) : null,
    lateChance: chance(random, 0.3) ? 0.1 : 0,
    lateMs: within(random, 5, 300),
  }
}

/** How many tasks are submitted in an overload, times the slots. */
const overload = [2, 4, 10] as const

/** Draws what happens in the run of a seed. */
export function drawScenario(seed: number): Scenario {
  const random = seededRandom(seed)
  const slots = within(random, 3, 6)
  const isOverload = chance(random, 0.1)
  const tasks = isOverload ? slots * pick(random, overload) : within(random, 4, 14)
  const overMs = isOverload ? 50 : within(random, 200, 4_000)
  const submissions = Array.from({ length: tasks }, (_, task) => {
    const at = Math.floor((task / tasks) * overMs)
    return drawSubmission(random, at, task)
  })
  const troubles = Array.from({ length: within(random, 5, 12) }, () =>
    drawTrouble(random, within(random, 1, overMs + 3_000), tasks),
  )
  const stores = [drawStore(random), drawStore(random), quietStore]
  const operations = [...submissions, ...troubles].sort((a, b) => a.at - b.at)
  return { seed, slots, isOverload, membersThrow: true, operations, stores }
}

/** The fault that an operation is; a submission is none. */
export function faultOf(operation: Operation): FaultKind | null {
  switch (operation.type) {
    case 'submit':
    case 'answer':
      return null
    case 'pauseTask':
    case 'pauseAll':
      return 'pause'
    case 'jump':
      return operation.kind
    case 'full':
      return 'storeFull'
    case 'eio':
      return 'syncFails'
    case 'actorCrash':
      return 'actorCrashes'
    case 'message':
      return ({ duplicate: 'messageDuplicated', stale: 'messageStale', reordered: 'messageReordered' } as const)[
        operation.how
      ]
    default:
      return operation.type
  }
}
