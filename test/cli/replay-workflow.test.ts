import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { criticalPath } from '../../src/cli/precedence.ts'
import type { Activity } from '../../src/cli/project.ts'
import { replayWorkflow } from '../../src/cli/replay-workflow.ts'
import type { Workflow } from '../../src/cli/wfformat.ts'
import { parseWorkflow } from '../../src/cli/wfformat.ts'
import { randomActivities } from './random-activities.ts'
import { textOf, workflows } from './shipped-inputs.ts'

const { signal } = new AbortController()
const shipped = (name: keyof typeof workflows) => parseWorkflow(textOf(workflows[name]), workflows[name])
const virtually = (workflow: Workflow, slots: number) => replayWorkflow(workflow, { slots, speed: 'virtual', signal })
const drawn = (tasks: Activity[]): Workflow => ({ name: 'drawn', tasks, machine: { cpu: 0, memory: 0 } })

describe('replay of a recorded workflow through the runtime', () => {
  const cases = (['srasearch', 'montage', 'methylseq'] as const).flatMap((name) =>
    [1, 2, 3, 8, 1_000].map((slots) => [name, slots] as const),
  )

  it.each(cases)('%s on %i slots breaks no rule', async (name, slots) => {
    const workflow = shipped(name)
    const report = await virtually(workflow, slots)
    expect(report.violations).toEqual([])
    expect(report.completed).toBe(workflow.tasks.length)
    expect(report.maxHeld).toBeLessThanOrEqual(slots)
    // the bound again, from the report alone
    const { makespanS, criticalPathS, workS } = report
    expect(makespanS).toBeGreaterThanOrEqual(Math.max(criticalPathS, workS / slots) - 1e-6)
    expect(makespanS).toBeLessThanOrEqual(workS / slots + (1 - 1 / slots) * criticalPathS + 1e-6)
  })

  it('takes exactly the work on one slot, and exactly the critical path on enough of them', async () => {
    const one = await virtually(shipped('srasearch'), 1)
    expect(one).toMatchObject({ makespanS: 18_985.646, workS: 18_985.646, criticalPathS: 2_894.512, maxHeld: 1 })
    const many = await virtually(shipped('srasearch'), 22)
    expect(many).toMatchObject({ makespanS: 2_894.512, criticalPathS: 2_894.512, maxHeld: 11 })
  })

  it('is the same every time', async () => {
    expect(await virtually(shipped('montage'), 5)).toEqual(await virtually(shipped('montage'), 5))
  })

  it('breaks no rule for any workflow on any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(randomActivities(25), fc.integer({ min: 1, max: 6 }), async (tasks, slots) => {
        const report = await virtually(drawn(tasks), slots)
        expect(report).toMatchObject({ tasks: tasks.length, completed: tasks.length, violations: [] })
        expect(report.criticalPathS).toBe(criticalPath(tasks))
      }),
      { numRuns: 60 },
    )
  })

  it('runs in real time, scaled', async () => {
    const report = await replayWorkflow(shipped('montage'), { slots: 8, speed: 1_000, signal })
    expect(report).toMatchObject({ tasks: 58, completed: 58 })
    // how late real timers are is the machine's affair; all other rules hold
    expect(report.violations.filter((violation) => !violation.includes('places were left idle'))).toEqual([])
  })

  it('stops when it is told to', async () => {
    const control = new AbortController()
    const running = replayWorkflow(shipped('srasearch'), { slots: 4, speed: 1, signal: control.signal })
    setImmediate(() => control.abort())
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})
