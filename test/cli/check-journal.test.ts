import type { JournalRecord } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { JournalChecker } from '../../src/cli/store/check-journal.ts'
import type { RecordPayload } from '../../src/model/journal-record.ts'
import { problemsOfLine } from '../../src/model/journal-record-schema.ts'
import { recordOf } from '../../src/store/record-line.ts'
import { runScenario } from '../../src/testing/simulation/run-scenario.ts'
import { drawScenario } from '../../src/testing/simulation/scenario.ts'
import { created, line } from './journal-lines.ts'

const failure = { code: 'HANDLER_FAILED', message: 'no', retryable: false } as const

const step = (seq: number, type: string, payload: RecordPayload | null = null, attempt = 1) =>
  line(seq, { type, step: 'pay', attempt }, payload)

function problemsOf(...records: readonly JournalRecord[]): string[] {
  const problems: string[] = []
  const checker = new JournalChecker((problem) => problems.push(problem))
  for (const record of records) checker.take(record)
  checker.contents()
  return problems
}

const completed = (seq: number) => line(seq, { type: 'task.completed', attempts: 1 })
const allocated = (seq: number, epoch: number) => line(seq, { type: 'task.allocating', leaseId: 'l', epoch })
const undoable = { hasUndo: true } as const

describe('a journal is wrong in which', () => {
  test.each<[string, JournalRecord[], string]>([
    ['records are out of order', [created(2), line(1, { type: 'task.validating' })], 'record 1 comes after record 2'],
    ['a record stands twice', [created(1), line(1, { type: 'task.validating' })], 'record 1 comes after record 1'],
    ['a task is accepted twice', [created(1), created(2)], 'record 2: task_a is accepted a second time'],
    [
      'nobody says what was accepted',
      [line(1, { type: 'task.created', kind: 'processing', version: 1, principal: 'me', priority: 1, parentId: null })],
      'record 1: task_a has no record of what was accepted',
    ],
    ['a task was never accepted', [completed(1)], 'record 1: task.completed of task_a, which was never accepted'],
    [
      'a task ends twice',
      [created(1), completed(2), line(3, { type: 'task.rejected', failure })],
      'record 3: task_a ends a second time',
    ],
    ['an epoch comes again', [created(1), allocated(2, 3), allocated(3, 3)], 'record 3: task_a gets epoch 3 after 3'],
    [
      'a task is granted resources after its end',
      [created(1), completed(2), allocated(3, 1)],
      'record 3: task_a is granted resources after its end',
    ],
    [
      'a finished step is run again',
      [created(1), step(2, 'task.step.started'), step(3, 'task.step.completed'), step(4, 'task.step.started', null, 2)],
      'record 4: step "pay" of task_a has finished, and is run again',
    ],
    [
      'a step is undone twice',
      [
        created(1),
        step(2, 'task.step.started', undoable),
        step(3, 'task.step.completed'),
        step(4, 'task.undo.completed'),
        step(5, 'task.undo.completed'),
      ],
      'record 5: step "pay" of task_a is undone a second time',
    ],
    [
      'the rollback of a definition is run twice',
      [1, 2, 3].map((seq) => (seq === 1 ? created(1) : line(seq, { type: 'task.undo.completed', step: 'rollback' }))),
      'record 3: step "rollback" of task_a is undone a second time',
    ],
    [
      'a task is its own parent',
      [created(1, { parentId: 'task_a' })],
      'record 1: task_a was named by a task before it was accepted',
    ],
    [
      'two tasks wait for each other',
      [created(1, { taskId: 'task_b' }, { after: ['task_a'] }), created(2, {}, { after: ['task_b'] })],
      'record 2: task_a was named by a task before it was accepted',
    ],
  ])('%s', (_, records, problem) => {
    expect(problemsOf(...records)).toEqual([problem])
  })
})

describe('a journal is right in which', () => {
  test.each<[string, JournalRecord[]]>([
    ['records were forgotten', [created(3), completed(7), created(9, { taskId: 'task_b', parentId: 'task_gone' })]],
    [
      'a step that failed is run again',
      [created(1), step(2, 'task.step.started'), step(3, 'task.step.failed'), step(4, 'task.step.started', null, 2)],
    ],
    [
      'what a run does that was given up is undone on its own',
      [
        created(1),
        step(2, 'task.step.started', undoable),
        step(3, 'task.step.started', undoable, 2),
        step(4, 'task.step.completed', null, 2),
        step(5, 'task.undo.completed', { stillRuns: true }),
        step(6, 'task.undo.completed', { lateOf: 1 }),
      ],
    ],
  ])('%s', (_, records) => {
    expect(problemsOf(...records)).toEqual([])
  })

  test('a runtime has written it, whatever happened to that', async () => {
    const types = new Set<string>()
    for (let seed = 1; seed <= 60; seed += 1) {
      const { journal } = await runScenario(drawScenario(seed))
      expect(problemsOf(...journal.map(recordOf)), `seed ${seed}`).toEqual([])
      for (const text of journal) {
        const read: { type: string } = JSON.parse(text)
        types.add(read.type)
        expect(problemsOfLine(read), text).toEqual([])
      }
    }
    expect(types.size).toBeGreaterThan(30)
  })
})
