import { eachAmount } from './demand-vector.ts'
import type { Waiting } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import type { QuotaBook } from './quota-book.ts'
import type { ReadyQueue } from './ready-queue.ts'
import type { Reservation } from './reservation.ts'
import type { RunningTasks } from './running-tasks.ts'

/** A resource that does not have what the task asks of it. `holders`: ids of the tasks that hold some of it. */
export interface UnmetDemand {
  readonly pool: string
  readonly resource: string
  readonly asked: number
  readonly available: number
  readonly capacity: number
  readonly holders: readonly string[]
  /** Whether releases or refills can be foreseen to provide it. If not, only a resize or unspent budget can. */
  readonly isForeseeable: boolean
}

/**
 * A limit that is reached: tasks that run of the type or principal, or the principal's quota of a resource (`name`) that
 * it may hold, or spend in a day; `running` is then how much it holds, or has spent.
 */
export interface ReachedLimit {
  readonly scope: 'type' | 'principal' | 'held' | 'day'
  readonly name: string
  readonly limit: number
  readonly running: number
}

/** Why a task waits. Times are absolute, in ms. */
export interface WaitReason {
  /** 1 for the next in order. */
  readonly position: number
  readonly key: number
  readonly unmet: readonly UnmetDemand[]
  readonly limits: readonly ReachedLimit[]
  /** Somebody has paused its type. */
  readonly isTypePaused: boolean
  /** The start kept for this task; `startAt` is `null` while something in its way has no expected end. */
  readonly reservation: { readonly startAt: number | null } | null
  /** The reserved task that goes first. */
  readonly behind: { readonly taskId: string; readonly startAt: number | null } | null
  /** All this in a sentence. */
  readonly message: string
}

/** One line of the order, for views. */
export interface OrderedTask {
  readonly taskId: string
  readonly key: number
  readonly type: string
  readonly principal: string
  readonly priority: number
  /** When it was queued first, ms since the epoch: what it has aged since lifts it. */
  readonly queuedAt: number
  readonly deadlineAt: number | null
  /** The largest fraction of any resource that its principal holds now, by weight. */
  readonly share: number
  /** A start is kept for it. */
  readonly isReserved: boolean
  readonly reason: string
}

/** Where the reasons are read. */
export interface Books {
  readonly now: number
  readonly ledger: Ledger
  readonly queue: ReadyQueue
  readonly running: RunningTasks
  readonly reservation: Reservation | null
  readonly principalLimit: number | null
  readonly quotas: QuotaBook | null
}

function unmetOf({ task }: Waiting, { ledger, now }: Books): UnmetDemand[] {
  const unmet: UnmetDemand[] = []
  eachAmount(task.vector, (index, asked) => {
    const meter = ledger.meter(index)
    if (meter.fits(asked, now)) return
    const { pool, resource, capacity } = meter
    const isForeseeable = meter.isForeseeable(asked, now)
    const holders = ledger.holdersOf(index)
    unmet.push({ pool, resource, asked, available: meter.available(now), capacity, holders, isForeseeable })
  })
  return unmet
}

function limitsOf({ task, lane }: Waiting, { running, principalLimit, quotas, now }: Books): ReachedLimit[] {
  const limits: ReachedLimit[] = []
  const ofType = running.ofType(task.type)
  if (ofType.limit !== null && ofType.running >= ofType.limit) {
    limits.push({ scope: 'type', name: task.type, limit: ofType.limit, running: ofType.running })
  }
  const { account } = lane.group
  const limit = account.runningLimit ?? principalLimit
  if (limit !== null && account.running >= limit)
    limits.push({ scope: 'principal', name: task.principal.id, limit, running: account.running })
  const quota = quotas?.reached(account, task.vector, now)
  if (quota)
    limits.push({
      scope: quota.isDaily ? 'day' : 'held',
      name: quota.resource,
      limit: quota.limit,
      running: quota.taken,
    })
  return limits
}

export function explainWait(waiting: Waiting, books: Books): WaitReason {
  const { queue, reservation } = books
  let position = 1
  for (const other of queue.values()) if (other !== waiting && queue.compare(other, waiting) < 0) position++
  const unmet = unmetOf(waiting, books)
  const limits = limitsOf(waiting, books)
  const isTypePaused = books.running.isPaused(waiting.task.type)
  const isReserved = reservation?.waiting === waiting
  const behind = reservation && !isReserved ? { taskId: reservation.task.id, startAt: reservation.startAt } : null
  const reserved = reservation && isReserved ? { startAt: reservation.startAt } : null
  const parts = [
    ...(isTypePaused ? [`type ${waiting.task.type} is paused`] : []),
    ...unmet.map(sentenceOf),
    ...limits.map(limitSentence),
  ]
  if (parts.length === 0) {
    parts.push(
      behind
        ? `fits, but must not delay task ${behind.taskId}, which goes first`
        : 'fits: it starts with the next grants',
    )
  }
  return {
    position,
    key: waiting.key,
    unmet,
    limits,
    isTypePaused,
    reservation: reserved,
    behind,
    message: parts.join('; '),
  }
}

function limitSentence({ scope, name, limit, running }: ReachedLimit): string {
  if (scope === 'held') return `its principal holds ${running} of ${name}, of a quota of ${limit}`
  if (scope === 'day') return `its principal has spent ${running} of ${name} today, of a quota of ${limit}`
  return `${running} tasks of ${scope} ${name} run, and ${limit} may`
}

function sentenceOf({ resource, asked, available, capacity, isForeseeable }: UnmetDemand): string {
  const lack = `${resource}: ${asked} asked, ${available} of ${capacity} available`
  return isForeseeable ? lack : `${lack}, and no release or refill can be foreseen to provide it`
}

/** A line of the order. */
export function orderedTask(waiting: Waiting, books: Books): OrderedTask {
  const { task, key, lane } = waiting
  const { id, type, principal, priority, queuedAt, deadlineAt } = task
  return {
    taskId: id,
    key,
    type,
    principal: principal.id,
    priority,
    queuedAt,
    deadlineAt,
    share: lane.group.account.weightedShare,
    isReserved: books.reservation?.waiting === waiting,
    reason: reasonInShort(waiting, books),
  }
}

/** The reason in a few words: what it waits for. */
function reasonInShort(waiting: Waiting, books: Books): string {
  if (books.running.isPaused(waiting.task.type)) return 'its type is paused'
  const limits = limitsOf(waiting, books).map(({ scope }) => `${scope} limit`)
  const unmet: string[] = []
  eachAmount(waiting.task.vector, (index, asked) => {
    const meter = books.ledger.meter(index)
    if (!meter.fits(asked, books.now)) unmet.push(meter.resource)
  })
  const reasons = [...limits, ...unmet]
  if (books.reservation?.waiting === waiting) return `reserved, waits for ${reasons.join(', ') || 'its turn'}`
  return reasons.length > 0 ? `waits for ${reasons.join(', ')}` : 'waits for its turn'
}
