import { expect, it } from 'vitest'
import { readGraph } from '../../src/inspector/charts/read-graph.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import type { TaskEvent, TaskHappening } from '../../src/model/events.ts'
import { densityOf } from '../../visualizer/src/replay/density.ts'
import {
  handlerSpans,
  likelyTaken,
  SupervisorSpans,
  taskSpans,
  visitsOf,
} from '../../visualizer/src/views/chart/spans.ts'
import { fitted, keepInSight, panBy, zoomAt } from '../../visualizer/src/views/chart/viewport.ts'
import { inferredMessages } from '../../visualizer/src/views/messages/inferred.ts'
import { brewing } from '../inspector/machines.ts'

const { states, transitions } = readGraph(taskMachine).graph
const failure = { code: 'HANDLER_FAILED', message: 'not this time', retryable: true } as const

function told(...happenings: readonly [number, TaskHappening][]): TaskEvent[] {
  return happenings.map(([at, happening], index) => ({
    ...happening,
    at,
    seq: index + 1,
    taskId: 't',
    taskType: 'work',
  }))
}

const created: TaskHappening = {
  type: 'task.created',
  kind: 'analysis',
  version: 1,
  principal: 'ada',
  priority: 2,
  parentId: null,
}

const life = told(
  [0, created],
  [0, { type: 'task.validating' }],
  [1, { type: 'task.waiting', conditions: [] }],
  [2, { type: 'task.queued', demand: {} }],
  [12, { type: 'task.allocating', leaseId: 'l', epoch: 1 }],
  [13, { type: 'task.executing', attempt: 1, epoch: 1 }],
  [14, { type: 'task.running' }],
  [30, { type: 'task.suspect' }],
  [40, { type: 'task.alive' }],
  [50, { type: 'task.retrying', failure, attempt: 1, delayMs: 10 }],
  [60, { type: 'task.queued', demand: {} }],
  [61, { type: 'task.allocating', leaseId: 'm', epoch: 2 }],
  [62, { type: 'task.executing', attempt: 2, epoch: 2 }],
  [63, { type: 'task.running' }],
  [70, { type: 'task.completing' }],
  [71, { type: 'task.completed', attempts: 2 }],
)

it('reads a task’s way through its statechart off its events, regions and all', () => {
  const spans = taskSpans(states, life, 8)
  expect(spans.at(-1)).toEqual({
    at: 30,
    active: [
      'task',
      'task.executing',
      'task.executing.work',
      'task.executing.work.running',
      'task.executing.watch',
      'task.executing.watch.onTime',
      'task.executing.liveness',
      'task.executing.liveness.suspect',
    ],
  })
  const visits = visitsOf(taskSpans(states, life, 99), 100)
  expect(visits.get('task.queued')).toEqual({ count: 2, ms: 11, since: null })
  expect(visits.get('task.executing.work.running')).toEqual({ count: 2, ms: 43, since: null })
  expect(visits.get('task.completed')).toEqual({ count: 1, ms: 29, since: 71 })
  expect(visits.get('task')).toEqual({ count: 1, ms: 100, since: 0 })
})

it('says which transition led from each place to the next, and names none that could not', () => {
  const spans = taskSpans(states, life, 99)
  const steps = spans.flatMap((span, index) => {
    const before = spans[index - 1]
    return before ? [likelyTaken(transitions, before, span).map(({ source, label }) => `${source} ${label}`)] : []
  })
  for (const step of steps) expect(step.length).toBeGreaterThan(0)
  expect(steps).toContainEqual(['task.executing.work handler.failed'])
  expect(steps).toContainEqual(['task.retrying backoff.elapsed'])
  expect(steps).toContainEqual(['task.executing.work.preparing handler.started'])
  expect(steps).toContainEqual(['task.completing output.accepted'])
})

it('reads a handler’s way off the states that its machine was in', () => {
  const chart = readGraph(brewing).graph
  const events = told(
    [0, created],
    [5, { type: 'task.handler', state: 'grinding' }],
    [9, { type: 'task.handler', state: '{"brewing":{"cup":"empty","water":"heating"}}' }],
    [20, { type: 'task.completing' }],
  )
  const spans = handlerSpans(chart.states, events, 99)
  expect(spans.map(({ at }) => at)).toEqual([5, 9, 20])
  expect(spans[1]?.active).toContain('brewing.brewing.water.heating')
  expect(spans[2]?.active).toEqual([])
})

it('follows the supervisor from where the recording begins', () => {
  const supervisor = new SupervisorSpans({ at: 100, seq: 4, supervisor: 'paused' })
  const stateOf = [
    { id: 's', key: 's' },
    { id: 's.paused', key: 'paused' },
    { id: 's.running', key: 'running' },
  ].map(({ id, key }) => ({
    id,
    key,
    type: 'compound' as const,
    parent: id === 's' ? null : 's',
    initial: null,
    entry: [],
    exit: [],
    invokes: [],
    description: null,
  }))
  supervisor.take([{ type: 'supervisor.state', state: 'running', seq: 5, at: 150 }])
  expect(supervisor.spans(stateOf, 4)).toEqual([{ at: 100, active: ['s', 's.paused'] }])
  expect(supervisor.spans(stateOf, 5)).toEqual([
    { at: 100, active: ['s', 's.paused'] },
    { at: 150, active: ['s', 's.running'] },
  ])
})

it('works out what must have been said', () => {
  const said = inferredMessages(life).map(({ from, type, to }) => `${from} ${type} ${to}`)
  expect(said.slice(0, 5)).toEqual([
    'outside task.submit supervisor',
    'supervisor start t',
    't validation.passed t',
    't task.ready supervisor',
    'supervisor lease.granted t',
  ])
  expect(said.at(-1)).toBe('t xstate.done.actor.t supervisor')
})

it('enlarges around the point under the pointer, and never loses the drawing', () => {
  const camera = { x: 10, y: 20, scale: 0.5 }
  const at = { x: 200, y: 100 }
  const before = { x: camera.x + at.x / camera.scale, y: camera.y + at.y / camera.scale }
  const next = zoomAt(camera, at, 2)
  expect({ x: next.x + at.x / next.scale, y: next.y + at.y / next.scale }).toEqual(before)
  const [drawing, view] = [
    { width: 1_000, height: 800 },
    { width: 400, height: 300 },
  ]
  const lost = keepInSight(panBy({ x: 0, y: 0, scale: 1 }, 9_999, -9_999), drawing, view)
  expect(lost.x).toBeGreaterThan(-view.width)
  expect(lost.y).toBeLessThan(drawing.height)
  const whole = fitted({ x: 0, y: 0, ...drawing }, view)
  expect(whole.scale).toBeCloseTo(268 / 800)
})

it('counts how much happened in each part, and what went wrong', () => {
  const buckets = densityOf(life, 0, 100, 10)
  expect(buckets.map(({ events }) => events)).toEqual([4, 3, 0, 1, 1, 1, 4, 2, 0, 0])
})
