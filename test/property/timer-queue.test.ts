import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/model/errors.ts'
import type { TimerEntry } from '../../src/scheduling/timer-queue.ts'
import { TimerQueue } from '../../src/scheduling/timer-queue.ts'

const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), at: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('due' as const), now: fc.integer({ min: 0, max: 30 }) }),
)

describe('TimerQueue', () => {
  it('gives what is due by time, then by insertion, and never what was cancelled', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new TimerQueue<string>()
        let pending: TimerEntry<string>[] = []
        const all: TimerEntry<string>[] = []
        for (const [index, action] of steps.entries()) {
          if (action.do === 'add') {
            const entry = queue.add(action.at, `item ${index}`)
            pending.push(entry)
            all.push(entry)
          } else if (action.do === 'cancel') {
            const entry = all[action.which % Math.max(1, all.length)]
            if (!entry) continue
            expect(queue.cancel(entry)).toBe(pending.includes(entry))
            pending = pending.filter((other) => other !== entry)
          } else {
            const due: string[] = []
            for (let entry = queue.popDue(action.now); entry; entry = queue.popDue(action.now)) due.push(entry.item)
            const expected = pending.filter(({ at }) => at <= action.now).sort((one, other) => one.at - other.at)
            expect(due).toEqual(expected.map(({ item }) => item))
            pending = pending.filter(({ at }) => at > action.now)
          }
          expect(queue.size).toBe(pending.length)
          expect(queue.nextAt()).toBe(pending.length === 0 ? null : Math.min(...pending.map(({ at }) => at)))
        }
      }),
    )
  })

  it('lets what is due cancel what is due after it', () => {
    const queue = new TimerQueue<string>()
    queue.add(1, 'first')
    const second = queue.add(1, 'second')
    expect(queue.popDue(1)?.item).toBe('first')
    queue.cancel(second)
    expect(queue.popDue(1)).toBeUndefined()
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s as a time', (at) => {
    expect(() => new TimerQueue<string>().add(at, 'x')).toThrow(InvariantError)
  })
})
