import fc from 'fast-check'
import type { Activity } from '../../src/cli/project.ts'

/** Up to `size` activities of whole durations; each comes after some of those before it, and demands up to each of `caps`. */
export function randomActivities(size: number, caps: Readonly<Record<string, number>> = {}): fc.Arbitrary<Activity[]> {
  const demand = fc.record(
    Object.fromEntries(Object.entries(caps).map(([name, cap]) => [name, fc.integer({ min: 0, max: cap })])),
  )
  const one = fc.record({
    duration: fc.integer({ min: 0, max: 9 }),
    demand,
    links: fc.array(fc.nat(), { maxLength: 3 }),
  })
  return fc.array(one, { minLength: 1, maxLength: size }).map((drawn) =>
    drawn.map(({ duration, demand, links }, index) => ({
      id: `t${index}`,
      duration,
      demand,
      after: index === 0 ? [] : [...new Set(links.map((link) => `t${link % index}`))],
    })),
  )
}
