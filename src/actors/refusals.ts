import type { RefusalCode } from '../model/errors.ts'
import { RefusedError } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import { describePrincipal } from '../model/principal.ts'

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

/** Tasks that may not be read are as good as unknown. */
export function unknownDependencies(ids: readonly string[]): RefusedError {
  const message = `after names tasks that are unknown, or ended too long ago to be remembered: ${ids.join(', ')}`
  return new RefusedError('DEPENDENCY_UNKNOWN', message)
}

export function queueQuota(principal: Principal, waiting: number, limit: number): RefusedError {
  const who = describePrincipal(principal)
  const message = `quota queued: ${who} has ${waiting} tasks in the queue, and ${limit} are allowed; submit later`
  return new RefusedError('QUOTA_EXCEEDED', message)
}

/** @param waitMs how long until the next submission is taken */
export function rateQuota(principal: Principal, waitMs: number): RefusedError {
  const who = describePrincipal(principal)
  const message = `quota submissions: ${who} submits more often than is allowed; the next is taken in ${Math.ceil(waitMs)} ms`
  return new RefusedError('QUOTA_EXCEEDED', message)
}
