import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Ask } from '../../../examples/repo-audit/approver.ts'
import { LineView } from '../../../examples/repo-audit/progress-view.ts'
import { runAudit } from '../../../examples/repo-audit/run-audit.ts'
import { scratchFolder } from './scratch-folder.ts'

/** An audit in this process, which asks `ask`. */
function auditAsking(directory: string, ask: Ask, interrupted: AbortSignal = new AbortController().signal) {
  const code = scratchFolder({ 'a.ts': 'export const a = 1\n' })
  const now = () => performance.timeOrigin + performance.now()
  return runAudit(
    {
      roots: [{ path: code, label: '' }],
      approval: 'ask',
      directory,
      json: false,
      slots: 2,
      store: { form: 'memory' },
      inspection: null,
    },
    {
      interrupted,
      now,
      ask,
      opened: () => undefined,
      view: (progress) => new LineView(progress, now, () => undefined),
    },
  )
}

test('the draft is there to be read while the question is open, and stays after a yes', async () => {
  const directory = join(scratchFolder(), 'out')
  const { ending, summary } = await auditAsking(directory, async (prompt) => {
    expect(prompt).toBe(
      `Publish the report of 1 file, 0 functions, 0 possible secrets, 0 duplicates? The draft is ${join(directory, 'index.html')}`,
    )
    expect(readFileSync(join(directory, 'index.html'), 'utf8')).toContain('<!doctype html>')
    return { publish: true, by: 'a person' }
  })
  expect(ending).toEqual({ form: 'published', by: 'a person', report: join(directory, 'index.html') })
  expect(summary).toMatchObject({ rolledBack: false, tasks: { failed: 0, cancelled: 0, rejected: 0 } })
  expect(readdirSync(directory).sort()).toEqual(['index.html', 'report.json'])
})

test('after a no the draft is gone', async () => {
  const directory = join(scratchFolder(), 'out')
  const { ending } = await auditAsking(directory, async () => ({ publish: false, by: 'a person' }))
  expect(ending).toEqual({ form: 'refused', message: 'publication was refused by a person' })
  expect(existsSync(directory)).toBe(false)
})

test('an interruption while the question is open withdraws it and takes the draft back', async () => {
  const directory = scratchFolder({ 'index.html': 'mine', 'report.json': 'mine' })
  const interruption = new AbortController()
  let withdrawn = false
  const ask: Ask = (prompt, signal) => {
    expect(prompt).toContain('in place of report.json and index.html, which no audit wrote')
    expect(readFileSync(join(directory, 'report.json'), 'utf8')).toContain('taskwright repo-audit')
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        withdrawn = true
        resolve(null)
      })
      interruption.abort()
    })
  }
  const { ending, summary, alerts } = await auditAsking(directory, ask, interruption.signal)
  expect(ending).toEqual({ form: 'interrupted' })
  expect(withdrawn).toBe(true)
  expect(alerts).toEqual([])
  expect(summary).toMatchObject({ rolledBack: true, report: null, tasks: { cancelled: 3, failed: 0 } })
  expect(readdirSync(directory).sort()).toEqual(['index.html', 'report.json'])
  expect(readFileSync(join(directory, 'index.html'), 'utf8')).toBe('mine')
})

test('an interruption before the start does nothing', async () => {
  const directory = join(scratchFolder(), 'out')
  const { ending, summary } = await auditAsking(directory, async () => null, AbortSignal.abort())
  expect(ending).toEqual({ form: 'interrupted' })
  expect(summary.tasks).toEqual({ completed: 0, failed: 0, cancelled: 0, rejected: 0 })
  expect(existsSync(directory)).toBe(false)
})
