import { realpath } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { Runtime } from 'taskwright'
import { createRuntime } from 'taskwright'
import type { AuditTasks } from './agents.ts'
import { agentWeights } from './agents.ts'
import { defineAnalysisTasks } from './analysis-tasks.ts'
import type { Plan } from './batches.ts'
import { defineConclusionTasks } from './conclusion-tasks.ts'
import { Library } from './library.ts'
import { defineLibraryTasks } from './library-tasks.ts'
import { definePublishingTasks } from './publishing-tasks.ts'
import type { RunFacts } from './run-facts.ts'
import { RunRecord } from './run-facts.ts'
import type { Tokens } from './tokens.ts'

export interface AuditRuntime {
  readonly runtime: Runtime
  readonly tasks: AuditTasks
  /** Said before the first file is read: which files are compared with each other. */
  planned(plan: Plan): void
  /** How the run went until `now`, ms since the epoch. */
  describeRun(now: number): RunFacts
  readonly alerts: () => readonly string[]
}

export interface AuditRuntimeOptions {
  /** Where the report goes. */
  readonly directory: string
  readonly slots: number
  readonly unattended: boolean
  /** ms since the epoch. */
  readonly startedAt: number
}

/**
 * A runtime with the audit's tasks and resources. What is big goes past the tasks' inputs and outputs: texts stand in
 * a library of bounded size, tokens on a shelf.
 */
export async function createAuditRuntime(options: AuditRuntimeOptions): Promise<AuditRuntime> {
  const { directory, slots, unattended, startedAt } = options
  let compared: ReadonlySet<string> = new Set()
  const library = new Library()
  const shelf = { wanted: (name: string) => compared.has(name), tokens: new Map<string, Tokens>() }
  const record = new RunRecord(startedAt)
  const describeRun = (now: number): RunFacts => record.facts(runtime.stats(), slots, agentWeights, now)

  const reading = defineLibraryTasks(library, [directory, await realpath(directory).catch(() => directory)])
  const analysing = defineAnalysisTasks(library, shelf)
  const concluding = defineConclusionTasks(shelf)
  const publishing = definePublishingTasks({ directory, unattended, describeRun })
  const runtime = await createRuntime({
    tasks: [
      ...[reading.walkFolder, reading.survey, reading.read],
      ...[...analysing.members, analysing.measure, analysing.vet],
      ...[...concluding.members, concluding.conclude],
      ...[...publishing.members, publishing.publish],
    ],
    pools: {
      default: { slots },
      machine: { cpu: Math.max(2, availableParallelism()), memory: 256 },
      disk: { io: 8, 'files.read': { rate: 20_000, per: 'second', burst: 4_000 } },
    },
    retain: 2_000,
  })
  runtime.on('*', (event) => record.observe(event))
  return {
    runtime,
    tasks: { ...reading, ...analysing, ...concluding, ...publishing },
    planned: (plan) => {
      compared = plan.compared
    },
    describeRun,
    alerts: () => record.alerts,
  }
}
