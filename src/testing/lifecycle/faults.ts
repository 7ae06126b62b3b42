/** What can be planted in a handler, or done to it, at each of its points. In the order in which it is walked. */
export const faultNames = [
  'throw',
  'throwForGood',
  'throwAlways',
  'hang',
  'late',
  'ask',
  'progress',
  'pause',
  'cancel',
  'timeout',
  'deadline',
  'shutdown',
  'loseLease',
  'overrunBudget',
  'undoThrowsOnce',
  'undoKeepsThrowing',
  'undoHangs',
  'badOutput',
  'refuse',
] as const

export type FaultName = (typeof faultNames)[number]

/** What the handler does by itself where it is planted, in place of the user's code or before it. */
export type Plant =
  | {
      readonly kind: 'point'
      readonly point: string
      readonly attempts: 'first' | 'all'
      readonly does: 'throw' | 'throwForGood' | 'ask' | 'progress' | 'overrunBudget'
    }
  | {
      readonly kind: 'undo'
      readonly path: string
      readonly step: string
      readonly does: 'throwOnce' | 'keepThrowing' | 'hang'
    }
  | { readonly kind: 'output'; readonly path: string }
  | { readonly kind: 'validation'; readonly path: string }

/** Where the handler is stopped until it is told to go on. */
export interface Hold {
  readonly point: string
  readonly attempts: 'first' | 'all'
  /** It ends as its signal is aborted, as well-behaved code does; else it is deaf to it. */
  readonly heeds: boolean
}

/** Thrown by what is planted, so that a message tells it from the user's own errors. */
export const plantedMessage = 'planted by the lifecycle test'
