import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

/** For each reader; longer runs are made by hand: `npm run fuzz`. */
const seconds = 3

for (const target of targets) {
  test(`${target.name}: nothing but refusals`, { timeout: 60_000 }, async () => {
    const { findings, executions } = await fuzz(target, { seconds, seed: 1 })
    expect(findings).toEqual([])
    expect(executions).toBeGreaterThan(20)
  })
}
