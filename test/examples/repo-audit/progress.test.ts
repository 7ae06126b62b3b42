import type { RuntimeEvent } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { Progress } from '../../../examples/repo-audit/progress.ts'
import { LineView } from '../../../examples/repo-audit/progress-view.ts'

const task = (taskId: string, at: number) => ({ taskId, taskType: 'read', seq: 1, at }) as const
const created = (taskId: string, at: number, principal = 'librarian'): RuntimeEvent => ({
  ...task(taskId, at),
  type: 'task.created',
  kind: 'processing',
  version: 1,
  principal,
  priority: 2,
  parentId: null,
})
const completed = (taskId: string, at: number): RuntimeEvent => ({
  ...task(taskId, at),
  type: 'task.completed',
  attempts: 1,
})

describe('progress', () => {
  test('an agent’s work is what it expects or what it has submitted, whichever is more', () => {
    const progress = new Progress(['librarian'])
    progress.expect('librarian', 2)
    expect(progress.view(0)).toMatchObject([{ total: 2, ended: 0, leftMs: null }])
    for (const id of ['a', 'b', 'c']) progress.observe(created(id, 1_000))
    expect(progress.view(1_000)).toMatchObject([{ total: 3, ended: 0 }])
  })

  test('the rate is over the agent’s own time, and gives the time left', () => {
    const progress = new Progress(['librarian', 'analyst'])
    progress.expect('librarian', 10)
    for (const id of ['a', 'b', 'c', 'd']) progress.observe(created(id, 5_000))
    for (const id of ['a', 'b', 'c', 'd']) expect(progress.observe(completed(id, 6_000))).toBe('librarian')
    expect(progress.view(7_000)).toMatchObject([
      { agent: 'librarian', ended: 4, total: 10, rate: 2, leftMs: 3_000 },
      { agent: 'analyst', ended: 0, total: 0, rate: 0, leftMs: null },
    ])
  })

  test('when all is done, the rate stays what it was', () => {
    const progress = new Progress(['librarian'])
    progress.observe(created('a', 0))
    progress.observe(completed('a', 500))
    expect(progress.view(60_000)).toMatchObject([{ rate: 2, leftMs: 0 }])
  })

  test('a task that ended otherwise is done, too; others’ tasks and other events are nobody’s progress', () => {
    const progress = new Progress(['librarian'])
    progress.observe(created('a', 0))
    const failure = { code: 'CANCELLED', message: '', retryable: false } as const
    progress.observe({ ...task('a', 1), type: 'task.cancelled', failure, attempts: 0, rollback: { status: 'none' } })
    expect(progress.view(1)).toMatchObject([{ ended: 1 }])
    expect(progress.observe(created('x', 1, 'stranger'))).toBeNull()
    expect(progress.observe({ type: 'supervisor.state', state: 'running', seq: 1, at: 1 })).toBeNull()
  })

  test('the note is what a task said last', () => {
    const progress = new Progress(['librarian'])
    progress.observe(created('a', 0))
    progress.observe({ ...task('a', 1), type: 'task.progress', fraction: 0.5, message: 'src/a.ts' })
    expect(progress.view(1)).toMatchObject([{ note: 'src/a.ts' }])
  })
})

describe('plain lines', () => {
  test('each tenth at most, no more than one a second, and always the end', () => {
    const lines: string[] = []
    let now = 0
    const progress = new Progress(['librarian'])
    const view = new LineView(
      progress,
      () => now,
      (line) => lines.push(line),
    )
    view.say('librarian', 'looks through a\u001b[2J folder')
    progress.expect('librarian', 100)
    for (let index = 0; index < 100; index += 1) progress.observe(created(String(index), 0))
    for (let index = 0; index < 100; index += 1) {
      now += 50
      progress.observe(completed(String(index), now))
      view.changed('librarian')
    }
    expect(lines).toEqual([
      '   0.0 s  librarian   looks through a\\u{1b}[2J folder',
      '   0.5 s  librarian    10 %  10/100 tasks  20/s  4.5 s left',
      '   1.5 s  librarian    30 %  30/100 tasks  20/s  3.5 s left',
      '   2.5 s  librarian    50 %  50/100 tasks  20/s  2.5 s left',
      '   3.5 s  librarian    70 %  70/100 tasks  20/s  1.5 s left',
      '   4.5 s  librarian    90 %  90/100 tasks  20/s  500 ms left',
      '   5.0 s  librarian   100 %  100/100 tasks  20/s  done',
    ])
  })
})
