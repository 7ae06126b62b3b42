import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventHistory } from '../../src/inspector/event-history.ts'
import { fold } from '../../src/inspector/view/fold.ts'
import { forgetEnded } from '../../src/inspector/view/forget.ts'
import type { RuntimeView } from '../../src/inspector/view/runtime-view.ts'
import { emptyView, viewData, viewOf } from '../../src/inspector/view/runtime-view.ts'
import type { RuntimeEvent } from '../../src/model/events.ts'
import type { TaskHandle } from '../../src/runtime/handle.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { sample } from './served.ts'

/** A life with everything in it, on virtual time. */
async function someLife() {
  const world = await virtualWorld({
    tasks: [sample],
    pools: { default: { slots: 3 }, money: { usd: { budget: 50 } } },
  })
  const { runtime } = world
  const handles: TaskHandle<string>[] = []
  for (const what of ['end', 'fail', 'wait', 'ask', 'wait', 'end', 'wait'] as const)
    handles.push(await world.run(runtime.submit(sample, { what }, { demand: { slots: 1, usd: 2 } })))
  await world.advance(10)
  handles[6]?.pause()
  runtime.reprioritise(handles[4]?.id ?? '', 'critical')
  await world.run(handles[3]?.answer(true) ?? Promise.resolve())
  await world.advance(10)
  await world.run(runtime.resize('slots', 2))
  return { ...world, handles }
}

function folded(events: Iterable<RuntimeEvent>, view = emptyView()): RuntimeView {
  for (const event of events) fold(view, event)
  return view
}

it('shows of each task what the runtime itself says of it, after every event', async () => {
  const { runtime, events, advance, handles } = await someLife()
  const view = emptyView()
  const agree = () => {
    for (const event of events) fold(view, event)
    for (const task of runtime.list()) {
      const row = view.tasks.get(task.id)
      expect(row).toMatchObject({
        type: task.type,
        stage: task.stage,
        activity: task.activity,
        priority: task.priority,
        attempt: task.attempt,
        principal: task.principal,
        endedAt: task.endedAt,
      })
    }
    for (const { resource, form, held } of runtime.resources())
      if (form === 'reusable') expect(view.held[resource] ?? 0).toBe(held)
    expect(view.byStage).toEqual(runtime.stats().byStage)
  }
  agree()
  void handles[2]?.cancel()
  await advance(5)
  agree()
  await advance(3 * 3_600_000)
  agree()
  handles[6]?.resume()
  await advance(3 * 3_600_000)
  agree()
  expect([...view.tasks.values()].filter(({ endedAt }) => endedAt === null)).toEqual([])
  expect(view.held['slots']).toBe(0)
  await runtime.stop()
})

it('gives any moment again: a view that was sent and folded on is the view that was folded whole', async () => {
  const { runtime, events, advance } = await someLife()
  await advance(3 * 3_600_000)
  const whole = folded(events)
  fc.assert(
    fc.property(fc.nat({ max: events.length }), (cut) => {
      const sent: unknown = JSON.parse(JSON.stringify(viewData(folded(events.slice(0, cut)))))
      const before = viewData(folded(events.slice(0, cut)))
      expect(sent).toEqual(before)
      // What is folded already changes nothing.
      expect(folded(events, viewOf(before))).toEqual(whole)
    }),
  )
  await runtime.stop()
})

it('knows which types are paused, as the runtime does', async () => {
  const { runtime, events } = await someLife()
  runtime.pauseType('sample')
  expect(folded(events).pausedTypes).toEqual(['sample'])
  runtime.resumeType('sample')
  expect(folded(events).pausedTypes).toEqual([])
})

it('draws phases that follow each other without a gap, from the beginning to the end', async () => {
  const { runtime, events, advance } = await someLife()
  await advance(3 * 3_600_000)
  for (const { segments, createdAt, endedAt } of folded(events).tasks.values()) {
    expect(segments[0]).toEqual({ at: createdAt, phase: 'waiting' })
    for (const [index, { at, phase }] of segments.entries()) {
      expect(at).toBeGreaterThanOrEqual(segments[index - 1]?.at ?? 0)
      expect(phase).not.toBe(segments[index - 1]?.phase)
    }
    if (endedAt !== null) expect(segments.at(-1)).toEqual({ at: endedAt, phase: 'ended' })
  }
  await runtime.stop()
})

const ticks = (count: number): RuntimeEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    at: index,
    type: 'supervisor.state',
    state: 'running',
  }))

it('keeps the last events, says how many it dropped, and knows which of them a client has', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 40_000 }),
      fc.nat({ max: 40_000 }),
      fc.integer({ min: 1, max: 9_000 }),
      (count, seq, limit) => {
        const history = new EventHistory({ events: 10_000, endedTasks: 10 })
        for (const event of ticks(count)) history.add(event)
        expect(history.lastSeq).toBe(count)
        expect(history.base.seq).toBe(history.dropped)
        expect(count - history.dropped).toBeGreaterThanOrEqual(Math.min(count, 10_000))
        expect(count - history.dropped).toBeLessThanOrEqual(20_000)
        const after = history.after(seq, limit)
        if (seq < history.dropped) expect(after).toBeNull()
        else
          expect(after?.map((event) => event.seq)).toEqual(
            ticks(count)
              .slice(seq, seq + limit)
              .map((event) => event.seq),
          )
      },
    ),
    { numRuns: 30 },
  )
})

it('forgets the tasks that ended first, and none that lives', async () => {
  const { runtime, events } = await someLife()
  const view = folded(events)
  const living = [...view.tasks.values()].filter(({ endedAt }) => endedAt === null).length
  forgetEnded(view, 1)
  expect(view.tasks.size).toBe(living + 1)
  await runtime.stop()
})
