import type { JournalRecord } from 'taskwright'
import { describe, expect, test, vi } from 'vitest'
import { importedRecord } from '../../src/cli/store/import-record.ts'
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
    for (const line of lines) expect(() => importedRecord(line), line).not.toThrow()
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

  test('a record that is none, or says what cannot be, is refused with what is wrong', () => {
    const good: JournalRecord = importedRecord(JSON.stringify(created))
    expect(good.event.type).toBe('task.created')
    const bad: readonly (readonly [line: string, problem: RegExp])[] = [
      ['{"seq":1,"at":1,"type":"task.created"}', /taskId: .*taskType: .*kind: /],
      [changed({ type: 'task.invented' }), /no events of type "task.invented"/],
      [changed({ seq: -1 }), /seq/],
      [changed({ at: -5 }), /at/],
      [changed({ kind: 'magic' }), /kind/],
      [changed({ more: 1 }), /more/],
      [changed({ payload: { accepted: { ...created.payload.accepted, demand: { slots: -1 } } } }), /demand/],
      [changed({ payload: { accepted: { ...created.payload.accepted, principalWeight: 0 } } }), /principalWeight/],
      [
        changed({ payload: { accepted: { ...created.payload.accepted, input: { $devalue: 'x' } } } }),
        /its input cannot be read/,
      ],
      [
        '{"seq":2,"at":1,"type":"task.failed","taskId":"t","taskType":"w","failure":null,"attempts":1,"rollback":{}}',
        /failure.*rollback/,
      ],
      ['[]', /not a line of a journal/],
      ['nonsense', /not a line of a journal/],
    ]
    for (const [line, problem] of bad) expect(() => importedRecord(line), line).toThrow(problem)
  })
})
