import { z } from 'zod'
import type { RuntimeEvent } from '../model/events.ts'
import type { ResourceUsage } from '../model/resources.ts'
import type { ResourceLine, TaskExplanation } from '../model/task-explanation.ts'
import type { TaskView } from '../model/task-view.ts'
import type { OrderedTask, WaitReason } from '../scheduling/wait-reason.ts'
import type { ViewData } from './view/runtime-view.ts'
import type { TaskRow } from './view/task-row.ts'

/**
 * What goes over the wire between the inspector and a page or the command line. The page's state at any moment is
 * `fold` (view/fold.ts) of `hello.base` and the events up to that moment: live, and in replay.
 *
 *   GET  /api/v1/stream            server-sent events: the frames below
 *   GET  /api/v1/tasks             TaskRow[] by query
 *   GET  /api/v1/tasks/:id         TaskDetail
 *   GET  /api/v1/queue             QueueLine[]: the order of the next grants, with the reason of each place
 *   GET  /api/v1/questions         OpenQuestion[]
 *   GET  /api/v1/resources         ResourceLine[]: with who holds some of it, and who waits for more
 *   GET  /api/v1/stats             RuntimeStats
 *   GET  /api/v1/actors            ActorLine[]
 *   GET  /api/v1/machines          MachineLine[]; /machines/:id/geometry  ChartGeometry
 *   GET  /api/v1/tasks/:id/chart-events, /supervisor/chart-events  server-sent events: ChartFrame
 *   GET  /api/v1/messages          server-sent events: MessageFrame; `?task=` for one task's
 *   GET  /api/v1/caller            who calls, by its token, and until when
 *   POST /api/v1/commands          Command → CommandResult; needs a bearer token
 *   GET  /metrics                  Prometheus text format
 *   GET  /openapi.json             this, as OpenAPI 3.1
 */
export const apiBase = '/api/v1'

/** Where the command line looks for an inspector, and an example serves one. The server itself takes any free one. */
export const usualPort = 7878

/** What the page is attached to. */
export interface Subject {
  /** `live`: a runtime that runs here. `file`: a journal, after the fact; commands are refused. */
  readonly source: 'live' | 'file'
  /** Environment time of the server, ms since the epoch. */
  readonly now: number
  /** Whether commands need a token: always, but for a file, where there are none. */
  readonly commands: boolean
}

/** First frame of a stream, and again after a gap: forget everything and begin from here. */
export interface HelloFrame {
  readonly subject: Subject
  readonly resources: readonly ResourceUsage[]
  /** The view before the first event that is kept. */
  readonly base: ViewData
  /** Events before the kept ones, which only `base` knows of. */
  readonly dropped: number
  /** `seq` of the last event there is at this moment: the `events` frames up to it are history. */
  readonly lastSeq: number
}

/** Frame `tick`, each second: the server's time, and what only a runtime can say. */
export interface TickFrame {
  readonly now: number
  readonly resources: readonly ResourceUsage[]
}

/** Frames by the `event` field of the server-sent event; `data` is JSON. The `id` of `events` is where to go on. */
export interface StreamFrames {
  readonly hello: HelloFrame
  readonly events: readonly RuntimeEvent[]
  readonly tick: TickFrame
}

/** One task, as far as it is known. */
export interface TaskDetail {
  /** From the events; `null`: they are dropped. */
  readonly row: TaskRow | null
  /** What the runtime says of it; `null`: it has forgotten it, or there is no runtime. */
  readonly task: (Omit<TaskView, 'outcome'> & { readonly output: unknown }) | null
  /** Why it waits for resources; `null`: it does not. */
  readonly wait: WaitReason | null
  /** What it waits for, when it is expected to start, its timers and leases; as `task`. */
  readonly explanation: TaskExplanation | null
  /** Ids of the tasks that it submitted. */
  readonly children: readonly string[]
  /** Its events, oldest first, as far as they are kept. */
  readonly events: readonly RuntimeEvent[]
}

export type QueueLine = OrderedTask
export type { ResourceLine, TaskExplanation }

/** Which tasks a command is about: some by id, or all that match. */
export const selectionSchema = z.union([
  z.strictObject({ ids: z.array(z.string().min(1).max(200)).min(1).max(10_000) }),
  z.strictObject({
    stages: z.array(z.string().max(40)).max(20).optional(),
    types: z.array(z.string().max(200)).max(100).optional(),
    principals: z.array(z.string().max(200)).max(100).optional(),
  }),
])
export type Selection = z.infer<typeof selectionSchema>

const why = z.string().max(1_000).default('')
const many = { tasks: selectionSchema, why, dryRun: z.boolean().default(false) }

/** What an operator may do. With `dryRun` only the count is answered. */
export const commandSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('cancel'), ...many }),
  z.strictObject({ action: z.literal('pause'), ...many }),
  z.strictObject({ action: z.literal('resume'), ...many }),
  z.strictObject({ action: z.literal('retry'), from: z.enum(['start', 'failedStep']).default('start'), ...many }),
  z.strictObject({
    action: z.literal('reprioritise'),
    priority: z.union([z.enum(['background', 'low', 'normal', 'high', 'critical']), z.number().finite()]),
    ...many,
  }),
  z.strictObject({
    action: z.literal('answer'),
    questionId: z.string().min(1).max(200),
    taskId: z.string().min(1).max(200),
    answer: z.json(),
    why,
  }),
  z.strictObject({
    action: z.literal('resize'),
    resource: z.string().min(1).max(200),
    capacity: z.number().nonnegative().finite(),
    why,
  }),
  z.strictObject({ action: z.literal('pauseType'), taskType: z.string().min(1).max(200), why }),
  z.strictObject({ action: z.literal('resumeType'), taskType: z.string().min(1).max(200), why }),
  z.strictObject({ action: z.literal('pauseAll'), why }),
  z.strictObject({ action: z.literal('resumeAll'), why }),
  z.strictObject({ action: z.literal('drain'), why }),
])
export type Command = z.infer<typeof commandSchema>
export type CommandInput = z.input<typeof commandSchema>

const changedValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What a command came to, task by task. */
export const commandResultSchema = z.object({
  /** How many tasks it was about. */
  matched: z.number(),
  done: z.array(
    z.object({
      taskId: z.string().nullable(),
      newTaskId: z.string().optional(),
      /** What was different right after it. A task that is told to stop may take its time: its events tell the end. */
      changed: z.record(z.string(), z.object({ from: changedValue, to: changedValue })),
    }),
  ),
  refused: z.array(z.object({ taskId: z.string().nullable(), code: z.string(), message: z.string() })),
})
export type CommandResult = z.infer<typeof commandResultSchema>

/** The body of every answer that is no success. */
export const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  problems: z.array(z.string()).default([]),
})
export type Problem = z.infer<typeof problemSchema>
