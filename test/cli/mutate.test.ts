import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchFolder } from '../examples/repo-audit/scratch-folder.ts'
import { runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '../..')

/** A module in a folder where `taskwright` and `zod` are found. */
function moduleOf(text: string): string {
  const folder = scratchFolder({ 'tasks.ts': text })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'tasks.ts')
}

const door = (entry: string) => `
import { defineTask } from '${root}/src/index.ts'
import { assign, setup } from 'xstate'
import { z } from 'zod'

const machine = setup({
  types: {} as { context: { visits: number }; events: { type: 'knock' } | { type: 'enter' }; output: number },
  guards: { wasHeard: ({ context }) => context.visits > 1 },
  actions: { count: assign({ visits: ({ context }) => context.visits + 1 }) },
}).createMachine({
  context: { visits: 0 },
  initial: 'shut',
  states: {
    shut: { on: { knock: [{ guard: 'wasHeard', target: 'open' }, { actions: 'count' }] } },
    open: { ${entry} on: { enter: 'done' }, after: { 1000: 'shut' } },
    done: { type: 'final' },
  },
  output: ({ context }) => context.visits,
})

export const door = defineTask({ type: 'door', kind: 'control', input: z.null(), output: z.number(), run: machine })
export const lifecycle = { door: { inputs: [null], walks: { runs: 2 } } }
`

describe('mutate', () => {
  test('plants faults in a machine, and its paths find them', async () => {
    const { code, out, err } = await runCommand('mutate', moduleOf(door('')), '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const report = JSON.parse(out)
    expect(report.mutants).toBeGreaterThan(10)
    expect(report.killed).toBe(report.mutants)
    expect(report.survivors).toEqual([])
  }, 120_000)

  test('tells what no path can find, and fails', async () => {
    const silent = door("entry: () => { globalThis.performance.mark('open') },")
    const { code, out } = await runCommand('mutate', moduleOf(silent), '--threshold', '100')
    expect(code).toBe(1)
    expect(out).toContain('survived: drop entry action')
    expect(out).toContain('a check is missing')
  }, 120_000)

  test.each([
    [['no-such-file.ts'], 'there is no such file'],
    [['examples/lifecycle/trip.ts', '--only', 'nothing'], 'exports no such definition'],
  ])('refuses %j', async (args, problem) => {
    const { code, err } = await runCommand('mutate', ...args)
    expect(code).toBe(2)
    expect(err).toContain(problem)
  })
})
