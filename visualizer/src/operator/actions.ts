import { signal } from '@preact/signals'
import type { CommandInput, Selection } from '../../../src/inspector/protocol.ts'
import type { IconName } from '../parts/icon.tsx'

export type TaskAction = 'cancel' | 'pause' | 'resume' | 'retry' | 'reprioritise'

/** What an operator is about to do, before it is confirmed. */
export type Intent =
  | { readonly action: TaskAction; readonly tasks: Selection; readonly of: string }
  | { readonly action: 'resize'; readonly resource: string; readonly capacity: number }
  | { readonly action: 'pauseType' | 'resumeType'; readonly taskType: string }
  | { readonly action: 'pauseAll' | 'resumeAll' | 'drain' }

export interface ActionWords {
  readonly name: string
  readonly icon: IconName
  /** What will happen, in full. */
  readonly explained: string
  /** What was done, after a number of tasks. */
  readonly done: string
  readonly isHarsh?: true
}

export const actionWords: Readonly<Record<Intent['action'], ActionWords>> = {
  cancel: {
    name: 'Cancel',
    icon: 'cancel',
    explained: 'Each task is told to stop, and what it has done is rolled back. A task that has ended stays as it is.',
    done: 'told to stop',
    isHarsh: true,
  },
  pause: {
    name: 'Pause',
    icon: 'pause',
    explained:
      'A task that has not started does not start; one that executes stops at its next step, and keeps what it holds.',
    done: 'told to pause',
  },
  resume: {
    name: 'Resume',
    icon: 'play',
    explained: 'Tasks that were paused may start, or go on.',
    done: 'resumed',
  },
  retry: {
    name: 'Retry',
    icon: 'retry',
    explained: 'Each task that has ended badly is submitted once more: a new task with the same input and principal.',
    done: 'submitted again',
  },
  reprioritise: {
    name: 'Change priority',
    icon: 'priority',
    explained: 'Tasks that wait move to their new place in the queue. What executes goes on.',
    done: 'moved',
  },
  resize: {
    name: 'Resize',
    icon: 'sliders',
    explained: 'Below what is held nothing is taken away: nothing more is granted until it fits.',
    done: 'resized',
  },
  pauseType: {
    name: 'Pause the type',
    icon: 'pause',
    explained: 'No task of the type starts any more, of those that wait and of those to come. What executes goes on.',
    done: 'paused',
  },
  resumeType: {
    name: 'Resume the type',
    icon: 'play',
    explained: 'Tasks of the type may start again.',
    done: 'resumed',
  },
  pauseAll: {
    name: 'Pause the runtime',
    icon: 'pause',
    explained: 'Nothing more is granted until it is resumed. What executes goes on.',
    done: 'paused',
  },
  resumeAll: {
    name: 'Resume the runtime',
    icon: 'play',
    explained: 'Tasks are taken and granted again.',
    done: 'resumed',
  },
  drain: {
    name: 'Drain the runtime',
    icon: 'drain',
    explained: 'Nothing new is taken. What was accepted is finished. Resuming opens it again.',
    done: 'draining',
    isHarsh: true,
  },
}

/** The action that is being confirmed. */
export const intent = signal<Intent | null>(null)

export function intend(next: Intent): void {
  intent.value = next
}

export type PriorityChoice = Extract<CommandInput, { action: 'reprioritise' }>['priority']

export type RetryFrom = NonNullable<Extract<CommandInput, { action: 'retry' }>['from']>

/** What is chosen beside the action itself. */
export interface Choices {
  readonly why: string
  readonly priority: PriorityChoice
  readonly capacity: number
  readonly from: RetryFrom
}

export function commandOf(what: Intent, { why, priority, capacity, from }: Choices): CommandInput {
  switch (what.action) {
    case 'resize':
      return { action: 'resize', resource: what.resource, capacity, why }
    case 'pauseAll':
    case 'resumeAll':
    case 'drain':
      return { action: what.action, why }
    case 'reprioritise':
      return { action: 'reprioritise', tasks: what.tasks, priority, why }
    case 'retry':
      return { action: 'retry', tasks: what.tasks, from, why }
    case 'pauseType':
    case 'resumeType':
      return { action: what.action, taskType: what.taskType, why }
    default:
      return { action: what.action, tasks: what.tasks, why }
  }
}
