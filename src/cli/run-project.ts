import { z } from 'zod'
import { createRuntime, defineTask, greedyBackfill, noShare, strictPriority } from '../index.ts'
import type { Environment } from '../model/environment.ts'
import { demandSchema } from '../model/resources.ts'
import { InterruptedError } from './command-error.ts'
import type { Activity, Project } from './project.ts'
import type { Mark, RunRecord } from './run-record.ts'
import { markOf } from './run-record.ts'

/** An activity as a task: its work is to wait on the environment's clock, and nothing else. */
const workflowTask = defineTask({
  type: 'workflow-task',
  kind: 'processing',
  description: 'A piece of work of known length, holding known resources.',
  input: z.object({ activity: z.string(), workMs: z.number().nonnegative(), demand: demandSchema }),
  output: z.void(),
  demand: ({ demand }) => demand,
  estimate: ({ workMs }) => workMs,
  run: async (task, { workMs }) => {
    if (workMs > 0) await task.sleep(workMs)
  },
})

export interface ProjectRun {
  /** How long one unit of an activity's duration is on the environment's clock, in ms. */
  readonly msPerUnit: number
  /** Higher goes first; without one, first in, first out. */
  readonly priorityOf?: (activity: Activity) => number
  readonly environment?: Environment
  readonly signal: AbortSignal
}

/**
 * Runs every activity (given in precedence order) as a task of one runtime, and returns what its events said.
 * @throws InterruptedError when `signal` was aborted
 */
export async function runProject(project: Project, run: ProjectRun): Promise<RunRecord> {
  const runtime = await createRuntime({
    tasks: [workflowTask],
    pools: { default: project.capacities },
    queueLimit: project.activities.length,
    // list scheduling: in order of priority, whatever fits
    scheduling: { order: strictPriority(), share: noShare(), backfill: greedyBackfill() },
    ...(run.environment && { environment: run.environment }),
  })
  const marks: Mark[] = []
  const names = new Map<string, string>()
  const unsubscribe = runtime.on('*', (event) => {
    const mark = markOf(event)
    if (mark) marks.push(mark)
  })
  const interrupt = (): void => void runtime.stop({ grace: 0 })
  run.signal.addEventListener('abort', interrupt, { once: true })
  try {
    // nothing is granted before all is known, or the first to be submitted would go before the most urgent
    runtime.pause()
    const handles = new Map<string, { readonly id: string; outcome(): Promise<unknown> }>()
    for (const activity of project.activities) {
      const handle = await runtime.submit(
        workflowTask,
        { activity: activity.id, workMs: activity.duration * run.msPerUnit, demand: activity.demand },
        {
          after: activity.after.flatMap((parent) => handles.get(parent) ?? []),
          priority: run.priorityOf?.(activity) ?? 0,
          labels: { activity: activity.id },
        },
      )
      handles.set(activity.id, handle)
      names.set(handle.id, activity.id)
    }
    runtime.resume()
    await Promise.all([...handles.values()].map((handle) => handle.outcome()))
    await runtime.drain()
  } catch (error) {
    if (!run.signal.aborted) throw error
  } finally {
    run.signal.removeEventListener('abort', interrupt)
    await runtime.stop({ grace: 0 })
    unsubscribe()
  }
  if (run.signal.aborted) throw new InterruptedError()
  return marks.map((mark) => ({ ...mark, id: names.get(mark.id) ?? mark.id }))
}
