import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countSuccessors, criticalPath, longestPathsToEnd, orderByPrecedence } from '../../src/cli/precedence.ts'
import type { Activity } from '../../src/cli/project.ts'
import { randomActivities } from './random-activities.ts'

const activity = (id: string, after: string[] = [], duration = 1): Activity => ({ id, after, duration, demand: {} })

/** Every path by enumeration, from each activity to an end: exponential, and nothing like the code under test. */
function everyPath(activities: readonly Activity[], from: Activity): Activity[][] {
  const children = activities.filter(({ after }) => after.includes(from.id))
  if (children.length === 0) return [[from]]
  return children.flatMap((child) => everyPath(activities, child).map((path) => [from, ...path]))
}

function orderOf(activities: readonly Activity[]): readonly Activity[] {
  const ordered = orderByPrecedence(activities)
  if (ordered.kind === 'cycle') throw new Error(`a cycle: ${ordered.cycle.join()}`)
  return ordered.order
}

describe('orderByPrecedence', () => {
  it('puts every activity once, behind all that it comes after', () => {
    const shuffled = randomActivities(12).chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    fc.assert(
      fc.property(shuffled, (activities) => {
        const order = orderOf(activities)
        const places = new Map(order.map(({ id }, place) => [id, place]))
        expect(places.size).toBe(activities.length)
        expect(order).toHaveLength(activities.length)
        for (const { id, after } of order) {
          for (const parent of after) expect(places.get(parent)).toBeLessThan(places.get(id) ?? -1)
        }
      }),
    )
  })

  it('keeps the order given where that is one', () => {
    fc.assert(
      fc.property(randomActivities(12), (activities) => {
        expect(orderOf(activities)).toEqual(activities)
      }),
    )
  })

  it('names a cycle in the order of work, with its first task again at the end', () => {
    const activities = [activity('start'), activity('a', ['start', 'c']), activity('b', ['a']), activity('c', ['b'])]
    const ordered = orderByPrecedence(activities)
    expect(ordered.kind === 'cycle' && ordered.cycle).toEqual(['a', 'b', 'c', 'a'])
    expect(orderByPrecedence([activity('self', ['self'])])).toEqual({ kind: 'cycle', cycle: ['self', 'self'] })
  })

  it('takes a chain that is deeper than any call stack', () => {
    const length = 200_000
    const chain = Array.from({ length }, (_, index) =>
      activity(`t${index}`, index + 1 < length ? [`t${index + 1}`] : []),
    )
    const order = orderOf(chain)
    expect(order[0]?.id).toBe(`t${length - 1}`)
    expect(criticalPath(order)).toBe(length)
  })
})

describe('longest paths', () => {
  it('are the longest of all paths', () => {
    fc.assert(
      fc.property(randomActivities(10), (activities) => {
        const paths = longestPathsToEnd(orderOf(activities))
        const lengthOf = (path: Activity[]) => path.reduce((sum, { duration }) => sum + duration, 0)
        const enumerated = activities.map((from) => Math.max(...everyPath(activities, from).map(lengthOf)))
        expect(activities.map(({ id }) => paths.get(id))).toEqual(enumerated)
        expect(criticalPath(orderOf(activities))).toBe(Math.max(...enumerated))
      }),
    )
  })

  it('are nothing where there is nothing', () => {
    expect(criticalPath([])).toBe(0)
  })
})

describe('countSuccessors', () => {
  it('counts what lies on any path behind, each once', () => {
    fc.assert(
      fc.property(randomActivities(10), (activities) => {
        const counts = countSuccessors(orderOf(activities))
        const enumerated = activities.map((from) => new Set(everyPath(activities, from).flat()).size - 1)
        expect(activities.map(({ id }) => counts.get(id))).toEqual(enumerated)
      }),
    )
  })
})
