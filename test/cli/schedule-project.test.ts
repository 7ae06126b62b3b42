import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countSuccessors, longestPathsToEnd } from '../../src/cli/precedence.ts'
import type { Activity, Project } from '../../src/cli/project.ts'
import { parsePsplib } from '../../src/cli/psplib.ts'
import { scheduleProject } from '../../src/cli/schedule-project.ts'
import { randomActivities } from './random-activities.ts'
import { projects, textOf } from './shipped-inputs.ts'

const { signal } = new AbortController()

/**
 * The parallel schedule-generation scheme on paper: at every instant at which something has ended, go through what is
 * ready in the order of the list and start each that fits. Returns the makespan.
 * Source: R. Kolisch, "Serial and parallel resource-constrained project scheduling methods revisited", EJOR 90 (1996).
 */
function parallelScheme({ activities, capacities }: Project, list: readonly Activity[]): number {
  const ends = new Map<string, number>()
  for (let now = 0; ; ) {
    for (const activity of list) {
      if (ends.has(activity.id)) continue
      const isReady = activity.after.every((parent) => (ends.get(parent) ?? Infinity) <= now)
      const running = activities.filter(({ id }) => (ends.get(id) ?? 0) > now)
      const fits = Object.entries(capacities).every(([resource, capacity]) => {
        const held = running.reduce((sum, { demand }) => sum + (demand[resource] ?? 0), 0)
        return held + (activity.demand[resource] ?? 0) <= capacity
      })
      if (isReady && fits) ends.set(activity.id, now + activity.duration)
    }
    const next = Math.min(...[...ends.values()].filter((end) => end > now))
    if (next === Infinity) return Math.max(...ends.values())
    now = next
  }
}

describe('schedule of a project through the runtime', () => {
  it.each(projects)('$file: $optimum by longest path, $fifo first in, first out', async ({ file, optimum, fifo }) => {
    const project = parsePsplib(textOf(file), file)
    expect(await scheduleProject(project, 'longest-path', signal)).toEqual({ makespan: optimum, violations: [] })
    expect(await scheduleProject(project, 'fifo', signal)).toEqual({ makespan: fifo, violations: [] })
  })

  it('makes of any project what the parallel schedule-generation scheme makes of it', async () => {
    const capacities = { R1: 4, R2: 3 }
    // no durations of 0: within one instant the scheme on paper depends on the order of the list
    const drawn = randomActivities(20, capacities).map((all) =>
      all.map((one) => ({ ...one, duration: one.duration + 1 })),
    )
    await fc.assert(
      fc.asyncProperty(drawn, async (activities) => {
        const project = { activities, capacities }
        const paths = longestPathsToEnd(activities)
        const successors = countSuccessors(activities)
        const rank = ({ id }: Activity) => (paths.get(id) ?? 0) * 1_000 + (successors.get(id) ?? 0)
        const list = activities.toSorted((a, b) => rank(b) - rank(a))
        expect(await scheduleProject(project, 'longest-path', signal)).toEqual({
          makespan: parallelScheme(project, list),
          violations: [],
        })
        expect(await scheduleProject(project, 'fifo', signal)).toEqual({
          makespan: parallelScheme(project, activities),
          violations: [],
        })
      }),
      { numRuns: 60 },
    )
  })
})
