/** A machine that can be drawn. */
export interface MachineLine {
  /** `task`, `supervisor`, or `type@version` of the definition whose handler it is. */
  readonly id: string
  readonly kind: 'task' | 'supervisor' | 'handler'
  /** Changes with the machine. */
  readonly hash: string
  readonly states: number
  readonly transitions: number
}

/** Transitions that were taken together, in one step of a machine. */
export interface ChartMove {
  /** Environment time, ms since the epoch. */
  readonly at: number
  readonly machine: string
  readonly event: string
  /** Keys of the transitions. */
  readonly taken: readonly string[]
}

/** A delayed transition that is under way. */
export interface ChartTimer {
  readonly machine: string
  /** Keys of the transitions that it causes, one of them. */
  readonly transitions: readonly string[]
  /** Environment time, ms since the epoch. */
  readonly dueAt: number
}

/** What can be said of one actor's charts, at most ten times a second. */
export interface ChartFrame {
  readonly now: number
  /** How often each transition was taken since the last frame, by key, by machine. */
  readonly taken: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The last of them, in order. */
  readonly moves: readonly ChartMove[]
  /** Ids of the active states, by machine. */
  readonly active: Readonly<Record<string, readonly string[]>>
  readonly timers: readonly ChartTimer[]
  readonly policy: ChartPolicy | null
}

/** What the countdowns of a task are worked out from; times in ms. */
export interface ChartPolicy {
  readonly timeoutMs: number | null
  readonly graceMs: number
  readonly deadlineAt: number | null
}

/** A message from one actor to another. */
export interface MessageLine {
  /** Position among all that were seen, from 1. */
  readonly n: number
  readonly at: number
  /** Id of an actor, `outside` for callers and operators, `clock` for a timer. */
  readonly from: string
  readonly to: string
  readonly type: string
  /** The task that it is about. */
  readonly taskId: string | null
  /** What it carries, in few words. */
  readonly detail: string
  /** Messages in the receiver's mailbox when it arrived, itself included. */
  readonly depth: number
}

export interface MailboxLine {
  readonly received: number
  /** The most messages that waited at a time. */
  readonly deepest: number
}

/** What was said since the last frame. */
export interface MessageFrame {
  readonly now: number
  readonly messages: readonly MessageLine[]
  /** How many there were besides, which are not kept. */
  readonly dropped: number
  /** By actor: those that were told something since the last frame. */
  readonly mailboxes: Readonly<Record<string, MailboxLine>>
}

/** An actor that lives. */
export interface ActorLine {
  readonly id: string
  readonly kind: 'supervisor' | 'task' | 'handler' | 'invoked'
  readonly parent: string | null
  readonly status: string
  /** Its state, where it has one. */
  readonly state: string | null
}
