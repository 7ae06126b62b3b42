/** What can be planted in a handler, at each point of it. */
export const faultNames = [
  'throw',
  'throwForGood',
  'throwAlways',
  'hang',
  'late',
  'ask',
  'progress',
  'loseLease',
  'overrunBudget',
  'cancel',
  'pause',
  'timeout',
  'deadline',
  'shutdown',
  'undoThrowsOnce',
  'undoKeepsThrowing',
  'undoHangs',
  'badOutput',
  'refuse',
] as const

export type FaultName = (typeof faultNames)[number]
