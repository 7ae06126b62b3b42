import { expect, it } from 'vitest'
import { fold } from '../../src/inspector/view/fold.ts'
import { emptyView } from '../../src/inspector/view/runtime-view.ts'
import type { TaskEvent, TaskHappening } from '../../src/model/events.ts'
import { criticalPath } from '../../visualizer/src/views/timeline/critical-path.ts'
import { LaneBook, laneGroups, membersOf } from '../../visualizer/src/views/timeline/lanes.ts'
import { marks, markText, stepFor } from '../../visualizer/src/views/timeline/time-axis.ts'
import { firstLineAt, laneHeight, layOutTimeline } from '../../visualizer/src/views/timeline/timeline-layout.ts'

/** A view of tasks that each were there from one moment to another. */
function viewOf(tasks: readonly { id: string; from: number; to: number | null; parent?: string; agent?: string }[]) {
  const told: [number, string, TaskHappening][] = tasks.flatMap(({ id, from, to, parent = null, agent = 'ada' }) => {
    const created: TaskHappening = {
      type: 'task.created',
      kind: 'analysis',
      version: 1,
      principal: agent,
      priority: 2,
      parentId: parent,
    }
    const ended: [number, string, TaskHappening][] =
      to === null ? [] : [[to, id, { type: 'task.completed', attempts: 1 }]]
    return [[from, id, created], ...ended]
  })
  told.sort(([one], [other]) => one - other)
  const view = emptyView()
  for (const [index, [at, taskId, happening]] of told.entries()) {
    const event: TaskEvent = { ...happening, seq: index + 1, at, taskId, taskType: 'work' }
    fold(view, event)
  }
  return view
}

it('gives each task a lane of its own while it lives, and keeps it there', () => {
  const { tasks } = viewOf([
    { id: 'a', from: 0, to: 100 },
    { id: 'b', from: 10, to: 40 },
    { id: 'c', from: 50, to: null },
    { id: 'd', from: 60, to: null, agent: 'grace' },
  ])
  const book = new LaneBook()
  const lanes = (from: number, to: number) =>
    laneGroups(tasks, 'agent', book, from, to).map(({ name, lanes }) => [
      name,
      lanes.map(({ rows }) => rows.map(({ id }) => id)),
    ])
  expect(lanes(0, 100)).toEqual([
    ['ada', [['a'], ['b', 'c']]],
    ['grace', [['d']]],
  ])
  expect(lanes(101, 200)).toEqual([
    ['ada', [['c']]],
    ['grace', [['d']]],
  ])
})

it('puts a flow’s members below it, in order, and what belongs to none after all flows', () => {
  const { tasks } = viewOf([
    { id: 'flow', from: 0, to: null },
    { id: 'one', from: 1, to: 5, parent: 'flow' },
    { id: 'inner', from: 6, to: null, parent: 'flow' },
    { id: 'deep', from: 7, to: null, parent: 'inner' },
    { id: 'alone', from: 2, to: 3 },
  ])
  const groups = laneGroups(tasks, 'flow', new LaneBook(), 0, 100)
  expect(groups.map(({ name, flow, tasks }) => [name, flow, tasks])).toEqual([
    ['work', 'flow', 4],
    ['No flow', null, 1],
  ])
  expect(groups[0]?.lanes.map(({ rows, depth }) => [rows[0]?.id, depth])).toEqual([
    ['flow', 0],
    ['one', 1],
    ['inner', 1],
    ['deep', 2],
  ])
})

it('finds the chain that a flow’s length comes from', () => {
  const { tasks } = viewOf([
    { id: 'flow', from: 0, to: 100 },
    { id: 'quick', from: 0, to: 10, parent: 'flow' },
    { id: 'slow', from: 0, to: 40, parent: 'flow' },
    { id: 'aside', from: 10, to: 60, parent: 'flow' },
    { id: 'second', from: 41, to: 70, parent: 'flow' },
    { id: 'last', from: 71, to: 99, parent: 'flow' },
  ])
  expect(criticalPath('flow', membersOf(tasks.values()), 100)).toEqual(['slow', 'second', 'last'])
})

it('goes through a member that is a flow, and to what still runs', () => {
  const { tasks } = viewOf([
    { id: 'flow', from: 0, to: null },
    { id: 'first', from: 0, to: 30, parent: 'flow' },
    { id: 'inner', from: 31, to: null, parent: 'flow' },
    { id: 'leaf', from: 32, to: null, parent: 'inner' },
  ])
  expect(criticalPath('flow', membersOf(tasks.values()), 90)).toEqual(['first', 'inner', 'leaf'])
})

it('marks time in steps that are easy to count by, far enough apart', () => {
  for (const msPerPx of [0.01, 0.4, 7, 90, 1_500, 40_000, 900_000]) {
    const step = stepFor(msPerPx, 96)
    expect(step / msPerPx).toBeGreaterThanOrEqual(96)
    const all = marks(1_700_000_000_123, 1_700_000_000_123 + 1_000 * msPerPx, step)
    expect(all.length).toBeLessThan(12)
    expect(new Set(all.map((at) => markText(at, step))).size).toBe(all.length)
  }
})

it('finds the first line in sight among ten thousand', () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ id: `t${index}`, from: 0, to: null }))
  const groups = laneGroups(viewOf(rows).tasks, 'agent', new LaneBook(), 0, 1)
  const layout = layOutTimeline(groups, new Set())
  expect(layout.lines).toHaveLength(10_001)
  const index = firstLineAt(layout, 90_000)
  const line = layout.lines[index]
  expect(line && line.top <= 90_000 && line.top + laneHeight > 90_000).toBe(true)
  expect(layOutTimeline(groups, new Set(['ada'])).lines).toHaveLength(1)
})
