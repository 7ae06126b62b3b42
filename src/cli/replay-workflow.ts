import { createVirtualEnvironment } from '../index.ts'
import { checkCapacities, checkRuns, makespanMs } from './check-run.ts'
import { checkGrahamBound, exactTime } from './graham-bound.ts'
import { criticalPath } from './precedence.ts'
import type { Project } from './project.ts'
import { runProject } from './run-project.ts'
import type { Workflow } from './wfformat.ts'

export interface ReplayOptions {
  /** One-slot places: how many tasks may run at a time. */
  readonly slots: number
  /** Recorded seconds that pass in one real second; `'virtual'`: on a clock that only moves when all wait for it. */
  readonly speed: number | 'virtual'
  readonly signal: AbortSignal
}

/** Times in recorded seconds, to the microsecond. `violations` has one sentence for each broken rule. */
export interface ReplayReport {
  readonly tasks: number
  readonly completed: number
  readonly slots: number
  readonly makespanS: number
  readonly criticalPathS: number
  readonly workS: number
  readonly maxHeld: number
  readonly violations: readonly string[]
}

/** How late a task may end in real time, in ms: timers, and a busy machine. The runtime's timers are never early. */
export const realTimeSlackMs = 25

/** Float tolerance of a clock in ms since the epoch. */
const toleranceMs = 1e-3

/** Runs a recorded workflow through the runtime and checks what came of it. @throws InterruptedError */
export async function replayWorkflow(
  workflow: Workflow,
  { slots, speed, signal }: ReplayOptions,
): Promise<ReplayReport> {
  const isVirtual = speed === 'virtual'
  const msPerSecond = isVirtual ? 1_000 : 1_000 / speed
  const project = toProject(workflow, slots)
  const environment = isVirtual ? createVirtualEnvironment() : null
  const running = runProject(project, { msPerUnit: msPerSecond, signal, ...(environment && { environment }) })
  const record = await (environment ? environment.run(running) : running)

  const makespanS = roundToMicros(makespanMs(record) / msPerSecond)
  const criticalPathS = roundToMicros(criticalPath(workflow.tasks))
  const workS = roundToMicros(workflow.tasks.reduce((sum, { duration }) => sum + duration, 0))
  const { most, violations } = checkCapacities(project, record)
  const slack = {
    late: realTimeSlackMs / msPerSecond,
    tasks: workflow.tasks.length,
    depth: criticalPath(workflow.tasks.map((task) => ({ ...task, duration: 1 }))),
  }
  return {
    tasks: workflow.tasks.length,
    completed: record.filter(({ moment }) => moment === 'completed').length,
    slots,
    makespanS,
    criticalPathS,
    workS,
    maxHeld: most.get('slots') ?? 0,
    violations: [
      ...checkRuns(project, record, msPerSecond, toleranceMs),
      ...violations,
      ...checkGrahamBound(
        { makespan: makespanS, criticalPath: criticalPathS, work: workS, places: slots },
        isVirtual ? exactTime : slack,
      ),
    ],
  }
}

/** Each place is as large as the largest recorded machine: what ran there runs here, and only slots ever bind. */
function toProject({ tasks, machine }: Workflow, slots: number): Project {
  return {
    activities: tasks.map((task) => ({ ...task, demand: { slots: 1, ...task.demand } })),
    capacities: { slots, cpu: slots * machine.cpu, memory: slots * machine.memory },
  }
}

/** Recorded runtimes have no more than six decimals; sums of floats do. */
function roundToMicros(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}
