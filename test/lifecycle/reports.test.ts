import { defineTask } from 'taskwright'
import { coverageHtml, coverageJson, coverageText, lifecycleCases, thresholdProblems } from 'taskwright/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const base = { kind: 'processing', input: z.string(), output: z.string() } as const
const echo = defineTask({
  ...base,
  type: 'echo',
  retry: { attempts: 2, backoff: 10, jitter: false },
  async run(task, text) {
    return task.step('say', () => text, { undo: () => undefined })
  },
})

async function walked(options: Parameters<typeof lifecycleCases<z.ZodString, z.ZodString>>[1]) {
  const suite = await lifecycleCases(echo, { inputs: ['hello'], walks: { runs: 0 }, ...options })
  const failures: string[] = []
  for (const { run } of suite) await run().catch((thrown: Error) => failures.push(thrown.message))
  return { suite, failures, report: suite.coverage() }
}

describe('how thoroughly', () => {
  test.each([
    ['shortest', 'shortest' as const],
    ['pairs of transitions', { nSwitch: 1 } as const],
    ['triples of transitions', { nSwitch: 2 } as const],
    ['simple paths', 'simple' as const],
  ])('%s', async (_, coverage) => {
    const { failures, report } = await walked({ coverage, limit: 400 })
    expect(failures).toEqual([])
    expect(report.ran).toBe(report.paths)
  })

  test('pairs of transitions are more than one for each transition', async () => {
    const [shortest, exhaustive, pairs] = await Promise.all(
      (['shortest', 'exhaustive', { nSwitch: 1 }] as const).map((coverage) =>
        lifecycleCases(echo, { inputs: ['hello'], walks: { runs: 0 }, faults: [], coverage }),
      ),
    )
    expect(shortest?.paths).toBeLessThan(exhaustive?.paths ?? 0)
    expect(exhaustive?.paths).toBeLessThan(pairs?.paths ?? 0)
  })
})

describe('the report', () => {
  test('as text, as JSON and as a page that needs nothing else', async () => {
    const { report } = await walked({})
    expect(coverageText(report)).toMatch(/^echo: \d+ of \d+ paths walked in \d/)
    expect(JSON.parse(coverageJson(report))).toMatchObject({ definition: 'echo' })
    const html = coverageHtml(report)
    expect(html).toContain('<svg')
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  })

  test('what cannot be reached says why', async () => {
    const { report } = await walked({})
    const timeouts = report.transitions.filter(
      ({ id, unreachable }) => id.includes(':timeout:') && unreachable !== null,
    )
    expect(timeouts.length).toBeGreaterThan(0)
    expect(timeouts[0]?.unreachable).toBe('the definition has no timeout')
  })

  test('thresholds that are not met are named', async () => {
    const { report } = await walked({ coverage: 'shortest', faults: [] })
    const problems = thresholdProblems(report, { pairs: 100, states: 10 })
    expect(problems).toEqual([expect.stringMatching(/ % of the pairs are covered, and 100 % must be: /)])
  })
})

describe('invariants of the user', () => {
  test('are checked after each event, with the services of the path', async () => {
    let seen = 0
    const { failures } = await walked({
      services: () => ({ said: 0 }),
      check: ({ task, services, events }) => {
        expect(services).toEqual({ said: 0 })
        expect(task.type).toBe('echo')
        seen += events.length > 0 ? 1 : 0
      },
      coverage: 'shortest',
    })
    expect(failures).toEqual([])
    expect(seen).toBeGreaterThan(100)
  })

  test('fail the path on which they do not hold', async () => {
    const check = ({ task }: { task: { view(): { stage: string } } }) => {
      if (task.view().stage === 'rollingBack') throw new Error('nothing may be rolled back')
    }
    const { failures, suite } = await walked({ check })
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.length).toBeLessThan(suite.paths)
    expect(failures[0]).toContain('nothing may be rolled back')
  })
})

test('a random walk that finds a fault is made as short as it can be', async () => {
  const check = ({ task }: { task: { view(): { stage: string } } }) => {
    if (task.view().stage === 'retrying') throw new Error('it came to retry')
  }
  const suite = await lifecycleCases(echo, {
    inputs: ['hello'],
    check,
    coverage: 'shortest',
    faults: [],
    walks: { runs: 200 },
  })
  const walk = [...suite].find(({ name }) => name.includes('random walks'))
  const message = await walk?.run().then(
    () => '',
    (error: Error) => error.message,
  )
  expect(message).toMatch(/made shorter \d+ times/)
  expect(message).toContain('handler.failed:\n  - it came to retry')
})
