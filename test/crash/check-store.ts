import { z } from 'zod'
import { JournalReader } from '../../src/actors/recovery/journal-reader.ts'
import type { TaskHistory } from '../../src/actors/recovery/task-history.ts'
import type { RuntimeEvent } from '../../src/model/events.ts'
import { recordOf } from '../../src/store/record-line.ts'
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.ts'
import { spawnCommand } from '../cli/run-command.ts'
import type { Effect } from './effects-file.ts'
import type { Ended } from './said.ts'

/** What the processes have acknowledged before they were killed. */
export interface Acknowledged {
  readonly accepted: ReadonlySet<string>
  readonly ended: ReadonlyMap<string, Ended>
}

interface Journal {
  readonly tasks: ReadonlyMap<string, TaskHistory>
  /** How many final records each task has. */
  readonly finals: ReadonlyMap<string, number>
  readonly problems: string[]
}

const reportSchema = z.object({ tasks: z.int(), unfinished: z.int(), problems: z.array(z.string()) })

function isFinal({ type }: RuntimeEvent): boolean {
  return type === 'task.completed' || type === 'task.failed' || type === 'task.cancelled' || type === 'task.rejected'
}

async function readJournal(path: string): Promise<Journal> {
  const problems: string[] = []
  const file = await SqliteFile.open(path, { access: 'look' })
  try {
    const reader = new JournalReader()
    const finals = new Map<string, number>()
    for (const { line } of file.rows()) {
      const record = recordOf(line)
      const { event } = record
      if (event.seq !== reader.lastSeq + 1) problems.push(`record ${event.seq} comes after record ${reader.lastSeq}`)
      reader.read(record)
      if ('taskType' in event && isFinal(event)) finals.set(event.taskId, (finals.get(event.taskId) ?? 0) + 1)
      if (event.type === 'alert') problems.push(`alert ${event.code}: ${event.message}`)
    }
    reader.finish()
    return { tasks: reader.tasks, finals, problems }
  } finally {
    file.close()
  }
}

/** What anybody can learn of the file: `taskwright store check FILE --json`. */
async function publicProblems(path: string, { tasks }: Journal): Promise<string[]> {
  const { code, out, err } = await spawnCommand(['store', 'check', path, '--json'])
  if (code !== 0) return [`store check answers ${code}: ${err}`]
  const report = reportSchema.parse(JSON.parse(out))
  const unfinished = [...tasks.values()].filter(({ endedAt }) => endedAt === null).length
  if (report.tasks === tasks.size && report.unfinished === unfinished) return report.problems
  return [`store check counts ${report.tasks} tasks, ${report.unfinished} unfinished, not ${tasks.size}, ${unfinished}`]
}

function* wrongOutcomes({ tasks, finals }: Journal, { accepted, ended }: Acknowledged, isDrained: boolean) {
  for (const id of accepted) if (!tasks.has(id)) yield `${id} was accepted and is lost`
  for (const [id, count] of finals) if (count > 1) yield `${id} has ${count} final records`
  for (const { id, type, stage, endedAt } of tasks.values())
    if (isDrained && endedAt === null) yield `${id} (${type}) was left in ${stage}`
  for (const [id, { status, attempts, code }] of ended) {
    const task = tasks.get(id)
    const now = task?.endedAt == null ? null : `${task.stage} ${task.attempt} ${task.failure?.code ?? null}`
    const said = `${status} ${attempts} ${status === 'completed' ? (task?.failure?.code ?? null) : code}`
    if (now !== said) yield `${id} was said to be ${said} and is ${now}`
  }
}

/** Members of one flow that have the same key and have completed are one member that was run twice. */
function* wrongMembers({ tasks }: Journal) {
  const completed = new Set<string>()
  for (const { parentId, accepted, stage, id } of tasks.values()) {
    if (parentId === null || stage !== 'completed') continue
    const key = `${parentId} ${accepted.childKey}`
    if (completed.has(key)) yield `${id} is a member of ${parentId} that had completed before`
    completed.add(key)
  }
}

function* wrongEffects({ tasks }: Journal, effects: readonly Effect[], isDrained: boolean) {
  const seen = new Map<string, { runs: number; undos: number; isFinished: boolean }>()
  for (const { kind, key, inDoubt } of effects) {
    const before = seen.get(key) ?? { runs: 0, undos: 0, isFinished: false }
    seen.set(key, before)
    if (kind === 'finished') before.isFinished = true
    else if (kind === 'undo') before.undos += 1
    else {
      if (before.isFinished) yield `${key} was run again after it had finished`
      if (before.runs > 0 && !inDoubt) yield `${key} was run again and not told that it is in doubt`
      before.runs += 1
    }
  }
  for (const [key, { undos }] of seen) {
    const task = tasks.get(key.slice(0, key.indexOf(':')))
    if (!task) yield `${key} took effect, and its task is lost`
    else if (undos > 1) yield `${key} was undone ${undos} times`
    else if (isDrained && task.endedAt !== null) {
      const isUndone = task.stage !== 'completed' || task.compensated
      if (isUndone !== (undos === 1)) yield `${key} of a task that is ${task.stage} was undone ${undos} times`
    }
  }
}

export interface Findings {
  readonly tasks: number
  readonly ended: number
  readonly problems: readonly string[]
}

/** Compares what is on disk with what was acknowledged and with what has happened in the world outside. */
export async function checkStore(
  path: string,
  acknowledged: Acknowledged,
  effects: readonly Effect[],
  isDrained: boolean,
): Promise<Findings> {
  const journal = await readJournal(path)
  return {
    tasks: journal.tasks.size,
    ended: journal.finals.size,
    problems: [
      ...journal.problems,
      ...(await publicProblems(path, journal)),
      ...wrongOutcomes(journal, acknowledged, isDrained),
      ...wrongMembers(journal),
      ...wrongEffects(journal, effects, isDrained),
    ],
  }
}
