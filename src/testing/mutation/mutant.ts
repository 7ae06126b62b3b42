import type { CoverageKind } from '../lifecycle/coverage-report.ts'
import type { Subject } from '../lifecycle/lifecycle-suite.ts'

/** What was done to the original. */
export const mutantKinds = [
  'drop transition',
  'retarget transition',
  'duplicate transition',
  'swap targets',
  'negate guard',
  'drop guard',
  'drop action',
  'drop entry action',
  'drop exit action',
  'drop invocation',
  'change delay',
  'change initial state',
  'never final',
  'break guard',
  'break update',
  'change policy',
  'drop check',
  'skip undo',
  'skip step',
  'repeat step',
  'skip call',
  'forget a demand',
  'swap retry and fail',
  'change output',
] as const

export type MutantKind = (typeof mutantKinds)[number]

/** Where a fault is: `task` is the life of every task, `handler` the user's machine or function, `definition` the rest. */
export type MutantPlace = 'task' | 'supervisor' | 'handler' | 'definition'

/** Something that is come by in a life: the same chart and id as in a coverage report. */
export interface Touched {
  readonly kind: CoverageKind
  readonly chart: string
  readonly id: string
}

/** One fault, ready to be planted. */
export interface Mutant {
  /** The same in every run, unique within a definition. */
  readonly id: string
  readonly place: MutantPlace
  readonly kind: MutantKind
  /** What was changed, as a sentence. */
  readonly what: string
  /** Where it is: paths that come by here are tried first, and if none does, the fault is out of reach. */
  readonly touches: readonly Touched[]
  make(): Subject
  /** Proves, if it can, that nothing is changed by it whatever comes. */
  isEquivalent?(): boolean
}
