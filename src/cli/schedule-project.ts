import { createVirtualEnvironment } from '../index.ts'
import { checkCapacities, checkRuns, makespanMs } from './check-run.ts'
import { countSuccessors, longestPathsToEnd } from './precedence.ts'
import type { Activity, Project } from './project.ts'
import { runProject } from './run-project.ts'

export const policies = ['longest-path', 'fifo'] as const

export type Policy = (typeof policies)[number]

/** The makespan in the periods of the instance. `violations` has one sentence for each broken rule. */
export interface ScheduleReport {
  readonly makespan: number
  readonly violations: readonly string[]
}

/** Periods are whole numbers, and so are the ms of the virtual clock: nothing is rounded. */
const msPerPeriod = 1_000

/** Runs a project on virtual time through the runtime and checks what came of it. @throws InterruptedError */
export async function scheduleProject(project: Project, policy: Policy, signal: AbortSignal): Promise<ScheduleReport> {
  const environment = createVirtualEnvironment()
  const priorityOf = priorityBy(policy, project)
  const record = await environment.run(runProject(project, { msPerUnit: msPerPeriod, environment, priorityOf, signal }))
  return {
    makespan: makespanMs(record) / msPerPeriod,
    violations: [...checkRuns(project, record, msPerPeriod, 0), ...checkCapacities(project, record).violations],
  }
}

/**
 * Longest path to the end first, its own duration included; of equals, the one with the most successors, then the
 * lowest job number. First in, first out is by job number alone: all jobs are submitted at the start, in this order.
 */
function priorityBy(policy: Policy, { activities }: Project): (activity: Activity) => number {
  const paths = longestPathsToEnd(activities)
  const successors = countSuccessors(activities)
  const ranked =
    policy === 'fifo'
      ? [...activities]
      : activities.toSorted(
          (a, b) =>
            (paths.get(b.id) ?? 0) - (paths.get(a.id) ?? 0) ||
            (successors.get(b.id) ?? 0) - (successors.get(a.id) ?? 0),
        )
  const ranks = new Map(ranked.map(({ id }, rank) => [id, ranked.length - rank]))
  return ({ id }) => ranks.get(id) ?? 0
}
