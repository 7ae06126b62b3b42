import { describe, expect, test, vi } from 'vitest'
import { LineReader } from '../../src/cli/store/import-lines.ts'
import { problemsOfLine } from '../../src/model/journal-record-schema.ts'
import { lineOf } from '../../src/store/record-line.ts'
import { runSeed } from '../../src/testing/simulation/run-seed.ts'
import { SimulatedStore } from '../../src/testing/simulation/simulated-store.ts'

describe('imported records', () => {
  test('everything that the runtime writes in its simulated lives is taken', async () => {
    const lines: string[] = []
    const types = new Set<string>()
    const append = vi.spyOn(SimulatedStore.prototype, 'append')
    for (let seed = 1; seed <= 40; seed += 1) await runSeed(seed)
    for (const [record] of append.mock.calls) {
      types.add(record.event.type)
      lines.push(lineOf(record))
    }
    append.mockRestore()
    expect(types.size).toBeGreaterThan(35)
    expect(lines.length).toBeGreaterThan(5_000)
    for (const line of lines) expect(problemsOfLine(JSON.parse(line)), line).toEqual([])
  })

  const created = {
    seq: 1,
    at: 5,
    type: 'task.created',
    taskId: 't',
    taskType: 'work',
    kind: 'control',
    version: 1,
    principal: 'ada',
    priority: 2,
    parentId: null,
    payload: { accepted: { order: 1, input: {}, principalKind: 'agent', principalWeight: 1, demand: {} } },
  } satisfies Record<string, unknown>

  function changed(change: Record<string, unknown>): string {
    return JSON.stringify({ ...created, ...change })
  }

  function problemsOf(line: string): string {
    const reader = new LineReader()
    reader.take(Buffer.from(line))
    return reader.problems.join('; ')
  }

  test('what policies, quotas and limits have added is read, and refused if it cannot be', () => {
    const { accepted } = created.payload
    const within = [{ id: 'olga', kind: 'person', weight: 1 }]
    const more = { principalTenant: 'acme', principalAttributes: { team: ['a'] }, within, rule: 'r', depth: 2 }
    expect(problemsOf(changed({ payload: { accepted: { ...accepted, ...more } } }))).toBe('')
    const bad: readonly (readonly [change: Record<string, unknown>, problem: RegExp])[] = [
      [{ within: [{ id: 'olga', kind: 'root', weight: 1 }] }, /within/],
      [{ within: [{}] }, /within/],
      [{ principalAttributes: { team: {} } }, /principalAttributes/],
      [{ principalTenant: '' }, /principalTenant/],
      [{ depth: -1 }, /depth/],
      [{ input: { $devalue: 'x' } }, /its input cannot be read/],
    ]
    for (const [change, problem] of bad)
      expect(problemsOf(changed({ payload: { accepted: { ...accepted, ...change } } }))).toMatch(problem)
  })
})
