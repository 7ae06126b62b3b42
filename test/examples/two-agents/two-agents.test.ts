import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { AuditFolder, audit } from '../../security/audited-store.ts'

const folder = new AuditFolder()

afterAll(() => folder.remove())

test('the example refuses, hides and records what it says', async () => {
  const program = fileURLToPath(new URL('../../../examples/two-agents/main.ts', import.meta.url))
  const store = folder.file('example.db')
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', program, store])
  expect(
    stdout
      .replace(/task_\w+/g, 'task')
      .trim()
      .split('\n')
      .slice(0, -1),
  ).toEqual([
    'scout: what is known of tides',
    'log: publishing with [redacted]',
    'editor: published: Tides',
    'scout publishes: refused by "only the editor publishes"',
    "scout's campaign: agent scout may not submit task task (publish): only the editor publishes",
    'scout sees 3 tasks, editor 1, olga 4',
    "scout looks at the editor's task: there is none",
  ])
  const bytes = readFileSync(store).toString('latin1')
  for (const secret of ['editors-key', 'stolen-key', 'what is known of']) expect(bytes).not.toContain(secret)
  const verified = await audit('verify', store, '--checkpoint', `${store}.checkpoint`, '--key', `${store}.pem`)
  expect(verified).toMatchObject({ code: 0, err: [] })
})
