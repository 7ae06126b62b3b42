import type { TaskContext } from '../model/definition.ts'

/** What a session does its handler's calls with: a running attempt, a replay, or an undo. */
export type SessionTask = Pick<
  TaskContext,
  | 'id'
  | 'type'
  | 'principal'
  | 'attempt'
  | 'signal'
  | 'log'
  | 'now'
  | 'step'
  | 'progress'
  | 'used'
  | 'heartbeat'
  | 'ask'
  | 'sleep'
> & {
  /** Told of a secret that the handler is given: it must turn up nowhere. */
  hide?(value: string): void
}
