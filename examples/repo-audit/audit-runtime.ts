import { realpath } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { Runtime } from 'taskwright'
import { createRuntime } from 'taskwright'
import type { NoticeBoard } from './agents.ts'
import { agentWeights } from './agents.ts'
import { defineAnalysisTasks } from './analysis-tasks.ts'
import type { Approval } from './arguments.ts'
import { defineAuditTask } from './audit-task.ts'
import { defineConclusionTasks } from './conclusion-tasks.ts'
import type { JournalPlace } from './journal-place.ts'
import { journalFiles } from './journal-place.ts'
import { Library } from './library.ts'
import { defineLibraryTasks } from './library-tasks.ts'
import { definePublishingTasks } from './publishing-tasks.ts'
import type { RunFacts } from './run-facts.ts'
import { RunRecord } from './run-facts.ts'
import { TokenShelf } from './token-shelf.ts'

export interface AuditRuntime {
  readonly runtime: Runtime
  readonly audit: ReturnType<typeof defineAuditTask>
  readonly record: RunRecord
  /** How the run went until `now`, ms since the epoch. */
  describeRun(now: number): RunFacts
}

export interface AuditRuntimeOptions {
  /** Where the report goes: what is there is not audited. */
  readonly directory: string
  readonly store: JournalPlace
  readonly slots: number
  readonly approval: Approval
  readonly board: NoticeBoard
  /** ms since the epoch. */
  readonly startedAt: number
}

/**
 * A runtime with the audit's tasks and resources. What is big goes past the tasks' inputs and outputs: texts stand in
 * a library of bounded size, tokens on a shelf.
 * @throws StoreError if the journal cannot be had
 */
export async function createAuditRuntime(options: AuditRuntimeOptions): Promise<AuditRuntime> {
  const { directory, store, slots, approval, board, startedAt } = options
  const library = new Library()
  const shelf = new TokenShelf(library)
  const record = new RunRecord(startedAt)
  const describeRun = (now: number): RunFacts => record.facts(runtime.stats(), slots, agentWeights, now)

  const except = [directory, await realpath(directory).catch(() => directory), ...(await journalFiles(store))]
  const reading = defineLibraryTasks(library, except)
  const analysing = defineAnalysisTasks(library, shelf)
  const concluding = defineConclusionTasks(shelf)
  const publishing = definePublishingTasks({ unattended: approval === 'unattended', describeRun })
  const tasks = { ...reading, ...analysing, ...concluding, ...publishing }
  const audit = defineAuditTask(tasks, board, { isRefused: approval === 'refuse' })
  const runtime = await createRuntime({
    tasks: [
      audit,
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
    store: store.form === 'memory' ? 'memory' : `file:${store.path}`,
    // About three audits of this repository: those that ended before are a history, and no more.
    retain: 1_000,
  })
  runtime.on('*', (event) => record.observe(event))
  return { runtime, audit, record, describeRun }
}
