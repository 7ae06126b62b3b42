import type { TaskEvent } from '../../../src/model/events.ts'
import { formatAmount, formatDuration, formatPriority } from './format.ts'

/** What an event is to whoever reads a history. */
export type EventSort = 'stage' | 'step' | 'log' | 'other'

export interface EventWords {
  readonly sort: EventSort
  readonly title: string
  readonly detail?: string
  readonly tone?: 'bad' | 'warn'
}

const stage = (title: string, detail?: string): EventWords =>
  detail === undefined ? { sort: 'stage', title } : { sort: 'stage', title, detail }

/** An event of a task in words. */
export function wordsOf(event: TaskEvent): EventWords {
  switch (event.type) {
    case 'task.created':
      return stage('Created', `by ${event.principal}, priority ${formatPriority(event.priority)}`)
    case 'task.validating':
      return stage('Validating')
    case 'task.waiting':
      return stage('Waiting', event.conditions.length > 0 ? `for ${event.conditions.join(', ')}` : undefined)
    case 'task.queued':
      return stage('Queued', amountsOf(event.demand) || 'asks for nothing')
    case 'task.allocating':
      return stage('Granted', `lease ${event.leaseId}, epoch ${event.epoch}`)
    case 'task.executing':
      return stage('Executing', `attempt ${event.attempt}`)
    case 'task.completing':
      return stage('Completing')
    case 'task.retrying':
      return {
        sort: 'stage',
        title: `Attempt ${event.attempt} failed, again in ${formatDuration(event.delayMs)}`,
        detail: `${event.failure.code}: ${event.failure.message}`,
        tone: 'warn',
      }
    case 'task.rollingBack':
      return { ...stage('Rolling back', `${event.failure.code}: ${event.failure.message}`), tone: 'warn' }
    case 'task.completed':
      return stage('Completed', `after ${event.attempts} ${event.attempts === 1 ? 'attempt' : 'attempts'}`)
    case 'task.failed':
      return { ...stage('Failed', `${event.failure.code}: ${event.failure.message}`), tone: 'bad' }
    case 'task.cancelled':
      return stage('Cancelled', event.failure.message)
    case 'task.rejected':
      return { ...stage('Rejected', `${event.failure.code}: ${event.failure.message}`), tone: 'bad' }
    default:
      return wordsOfWork(event)
  }
}

type StageEvent =
  | 'created'
  | 'validating'
  | 'waiting'
  | 'queued'
  | 'allocating'
  | 'executing'
  | 'completing'
  | 'retrying'
  | 'rollingBack'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'rejected'

function wordsOfWork(event: Exclude<TaskEvent, { type: `task.${StageEvent}` }>): EventWords {
  switch (event.type) {
    case 'task.step.started':
      return { sort: 'step', title: `Step ${event.step}`, detail: 'began' }
    case 'task.step.completed':
      return { sort: 'step', title: `Step ${event.step}`, detail: 'finished' }
    case 'task.step.failed':
      return { sort: 'step', title: `Step ${event.step} failed`, detail: event.message, tone: 'bad' }
    case 'task.undo.started':
      return { sort: 'step', title: `Undo ${event.step}`, detail: `attempt ${event.attempt} began` }
    case 'task.undo.completed':
      return { sort: 'step', title: `Undo ${event.step}`, detail: 'finished' }
    case 'task.undo.failed':
      return { sort: 'step', title: `Undo ${event.step} failed`, detail: event.message, tone: 'bad' }
    case 'task.log': {
      const data = Object.keys(event.data).length > 0 ? JSON.stringify(event.data) : undefined
      const tone = event.level === 'error' ? 'bad' : event.level === 'warn' ? 'warn' : undefined
      return { sort: 'log', title: event.message, ...(data && { detail: data }), ...(tone && { tone }) }
    }
    case 'task.progress':
      return { sort: 'other', title: `${Math.round(event.fraction * 100)} %`, detail: event.message }
    case 'task.used':
      return { sort: 'other', title: 'Used', detail: amountsOf(event.usage) }
    case 'task.running':
      return { sort: 'other', title: 'Running' }
    case 'task.paused':
      return { sort: 'other', title: 'Paused' }
    case 'task.stopping':
      return { sort: 'other', title: 'Told to stop', detail: event.cause, tone: 'warn' }
    case 'task.asked':
      return { sort: 'other', title: 'Asks', detail: event.prompt }
    case 'task.answered':
      return { sort: 'other', title: 'Answered' }
    case 'task.held':
      return { sort: 'other', title: event.held ? 'Held' : 'Let go on' }
    case 'task.reprioritised':
      return { sort: 'other', title: `Priority ${formatPriority(event.priority)}` }
    case 'task.handler':
      return { sort: 'other', title: `Handler in ${event.state}` }
    default:
      return wordsOfTrouble(event)
  }
}

type Trouble =
  | 'reclaimed'
  | 'overdue'
  | 'suspect'
  | 'alive'
  | 'recovered'
  | 'parked'
  | 'migrated'
  | 'dropped'
  | 'compensated'

function wordsOfTrouble(event: Extract<TaskEvent, { type: `task.${Trouble}` }>): EventWords {
  switch (event.type) {
    case 'task.reclaimed':
      return { sort: 'other', title: 'Lease taken back', detail: event.leaseId, tone: 'warn' }
    case 'task.overdue':
      return { sort: 'other', title: 'Overdue', tone: 'warn' }
    case 'task.suspect':
      return { sort: 'other', title: 'Silent for too long', tone: 'warn' }
    case 'task.alive':
      return { sort: 'other', title: 'Heard again' }
    case 'task.recovered':
      return { sort: 'other', title: 'Taken up after a restart', detail: `in ${event.stage}` }
    case 'task.parked':
      return { sort: 'other', title: 'Parked', detail: event.reason, tone: 'bad' }
    case 'task.migrated':
      return { sort: 'other', title: 'Migrated', detail: `from version ${event.fromVersion} to ${event.version}` }
    case 'task.dropped':
      return { sort: 'other', title: 'Late message dropped', detail: event.message }
    case 'task.compensated':
      return { sort: 'other', title: 'Undone after it had completed', detail: event.rollback.status }
  }
}

/** Amounts by resource in a line: `slots 1, memory 2`. */
export function amountsOf(demand: Readonly<Record<string, number>>): string {
  return Object.entries(demand)
    .map(([resource, amount]) => `${resource} ${formatAmount(amount)}`)
    .join(', ')
}
