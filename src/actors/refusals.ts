import type { RefusalCode } from '../model/errors.ts'

type Refusal = readonly [code: RefusalCode, message: string]

export const degraded: Refusal = [
  'RUNTIME_DEGRADED',
  'actors have crashed more often than the restart intensity allows; see the alerts, and submit again when the runtime is running',
]

export const draining: Refusal = [
  'RUNTIME_DRAINING',
  'the runtime is draining and takes nothing new; submit before drain(), or after resume()',
]

export const stopping: Refusal = ['RUNTIME_STOPPED', 'the runtime has been stopped; create a new one']

export const notRecorded: Refusal = [
  'STORE_UNAVAILABLE',
  'the runtime was stopped before the store could be written: the task is most likely not on record; look for it in the next runtime, or give a dedupeKey and submit again',
]

export function storeFailed(problem: string): Refusal {
  return [
    'STORE_UNAVAILABLE',
    `nothing new is taken on while the store cannot be written; what was accepted is safe: ${problem}`,
  ]
}
