import { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import { NonRetryableError } from '../../model/errors.ts'
import type { StepRun } from '../../model/handler-parts.ts'
import { defineTask } from '../../runtime/define-task.ts'
import { sequence } from '../../runtime/flows/sequence.ts'
import type { StepPlan, TaskPlan } from './plan.ts'
import { inAttempt, taskPlanSchema } from './plan.ts'
import type { World } from './world.ts'

/** The process that handlers run in. What they do after it has ended is not seen by the world. */
export interface SimulatedProcess {
  readonly world: World
  readonly isAlive: boolean
  /** Members of flows may throw. */
  readonly membersThrow: boolean
  /** How many grants to a task are on record. */
  allocationsOf(taskId: string): number
  sleep(ms: number): Promise<void>
}

/** Longer than any timeout of the definitions. */
const foreverMs = 120_000

async function runStep(process: SimulatedProcess, task: TaskContext, plan: StepPlan, run: StepRun): Promise<string> {
  const { world } = process
  const fault = inAttempt(plan.faults, run.attempt, 'none')
  if (process.isAlive) world.begins(run.idempotencyKey)
  if (fault === 'throwBefore') {
    world.faults.stepThrowsBefore += 1
    throw new Error('the step threw before its effect')
  }
  await process.sleep(plan.takesMs)
  if (fault === 'hang') {
    world.faults.stepHangs += 1
    await process.sleep(foreverMs)
  }
  if (!process.isAlive) return never()
  world.apply(task.id, plan.name, run.idempotencyKey, run.inDoubt)
  if (fault === 'throwAfter') {
    world.faults.stepThrowsAfter += 1
    throw new Error('the step threw after its effect')
  }
  await process.sleep(1)
  return plan.name
}

function undoOf(process: SimulatedProcess, plan: StepPlan, tries: Map<string, number>) {
  return async (run: StepRun) => {
    const { world } = process
    if (!process.isAlive) return never()
    const attempt = (tries.get(plan.name) ?? 0) + 1
    tries.set(plan.name, attempt)
    const fault = plan.undoFaults[attempt - 1] ?? 'none'
    if (fault === 'throw') {
      world.faults.undoThrows += 1
      world.undoFailed(run.idempotencyKey)
      throw new Error('the undo threw')
    }
    if (fault === 'hang') {
      world.faults.undoHangs += 1
      world.undoFailed(run.idempotencyKey)
      return never()
    }
    world.undo(run.idempotencyKey, run.inDoubt)
  }
}

async function runHandler(process: SimulatedProcess, task: TaskContext, plan: TaskPlan): Promise<string> {
  const { world } = process
  const { faults } = world
  const tries = new Map<string, number>()
  if (process.isAlive && process.allocationsOf(task.id) < task.attempt)
    world.violated('R4', `attempt ${task.attempt} of ${task.id} runs, and its grant is not on the disk`)
  if (plan.spends > 0) task.used({ usd: plan.spends })
  for (const step of plan.steps) {
    const undo = undoOf(process, step, tries)
    const key = `${task.id}:${step.name}`
    await task.step(step.name, (run) => runStep(process, task, step, run), {
      undo: (_, run) => undo(run),
      undoInDoubt: undo,
    })
    if (!process.isAlive) return never()
    world.known(key)
    task.progress(0.5, step.name)
  }
  switch (inAttempt(plan.ends, task.attempt, 'return')) {
    case 'return':
      return 'done'
    case 'throw':
      faults.handlerThrows += 1
      throw new Error('the handler threw')
    case 'permanent':
      faults.handlerThrows += 1
      throw new NonRetryableError('the handler threw for good')
    case 'hang':
      faults.handlerHangs += 1
      return never()
    case 'late':
      faults.handlerAnswersLate += 1
      await process.sleep(foreverMs)
      return 'late'
    case 'twice':
      faults.handlerAnswersTwice += 1
      return new Promise((resolve) => {
        resolve('done')
        resolve('done again')
        throw new Error('thrown after the answer')
      })
    case 'badOutput':
      faults.outputInvalid += 1
      return 'refused'
    case 'ask':
      return `asked ${await task.ask(z.string(), 'go on?', { timeout: '5s', default: 'yes' })}`
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** The definitions of a simulated process: alike in every process, as the code of a host is. */
export function simulatedDefinitions(process: SimulatedProcess): readonly TaskDefinition[] {
  const common = {
    kind: 'processing',
    input: taskPlanSchema,
    run: (task: TaskContext, plan: TaskPlan) => runHandler(process, task, plan),
    output: z.string().refine((text) => text !== 'refused', 'refused by the simulation'),
    timeout: 8_000,
    grace: 500,
    retry: { attempts: 3, backoff: 100 },
    rollbackRetry: { attempts: 3, backoff: 50 },
    rollbackTimeout: 2_000,
  } as const
  const plain = defineTask({ ...common, type: 'plain', demand: { slots: 1 } })
  const second = defineTask({ ...common, type: 'second', demand: { slots: 1 } })
  return [
    plain,
    second,
    defineTask({ ...common, type: 'wide', demand: { slots: 3 }, heartbeat: 1_000 }),
    defineTask({ ...common, type: 'paid', demand: { slots: 1, usd: 2, calls: 1 } }),
    defineTask({ ...common, type: 'cautious', demand: { slots: 1 }, onCrash: 'rollBack' }),
    defineTask({ ...common, type: 'brittle', demand: { slots: 1 }, onCrash: 'fail', concurrency: 2 }),
    sequence({ type: 'flow', members: [plain, echo(process, second)] }),
  ]
}

/** The second member of a flow: its input is the first one's output, so its plan is fixed. */
function echo(process: SimulatedProcess, like: TaskDefinition): TaskDefinition {
  return defineTask({
    type: 'member',
    kind: 'integration',
    input: z.string(),
    output: z.string(),
    demand: { slots: 1 },
    timeout: like.timeoutMs ?? 8_000,
    retry: { attempts: 2, backoff: 100 },
    run: (task) =>
      runHandler(process, task, {
        steps: [{ name: 'member', takesMs: 5, faults: ['none'], undoFaults: [] }],
        ends: task.random() < 0.3 && process.membersThrow ? ['throw', 'permanent'] : ['return'],
        spends: 0,
      }),
  })
}
