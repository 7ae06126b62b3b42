import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TaskDefinition } from 'taskwright'
import { describeLifecycle } from 'taskwright/testing'
import { afterAll } from 'vitest'
import { defineAnalysisTasks } from '../../examples/repo-audit/analysis-tasks.ts'
import { Library } from '../../examples/repo-audit/library.ts'
import { defineLibraryTasks } from '../../examples/repo-audit/library-tasks.ts'
import { definePublishingTasks } from '../../examples/repo-audit/publishing-tasks.ts'
import { TokenShelf } from '../../examples/repo-audit/token-shelf.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-lifecycle-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const code = join(folder, 'code')
const site = join(folder, 'site')
const old = '<p>the report of last week</p>'
mkdirSync(code)
writeFileSync(join(code, 'one.ts'), 'export const one = (n: number) => (n > 0 ? 1 : 0)\n')
writeFileSync(join(code, 'two.md'), '# Two\n')

const files = ['one.ts', 'two.md'].map((name) => {
  const { size, mtimeMs } = statSync(join(code, name))
  return { path: join(code, name), name, bytes: size, changedAt: mtimeMs, compared: true }
})

const library = new Library()
const reading = defineLibraryTasks(library, [])
const measuring = defineAnalysisTasks(library, new TokenShelf(library))
const publishing = definePublishingTasks({
  unattended: true,
  describeRun: () => {
    throw new Error('nothing is composed here')
  },
})

const all = { states: 100, transitions: 100, guards: 100, pairs: 100 }

describeLifecycle(reading.walkFolder, { inputs: [{ path: code, label: 'code' }], thresholds: all })
describeLifecycle(reading.read, { inputs: [{ number: 1, files }], thresholds: all })
describeLifecycle(measuring.measure, { inputs: [{ number: 1, files }], thresholds: all })
describeLifecycle(measuring.vet, { inputs: [{ number: 1, files }], thresholds: all })

/** What stands in the folder of the report, by name; `null`: it is not there. */
function standing(): Record<string, string> | null {
  if (!existsSync(site)) return null
  return Object.fromEntries(readdirSync(site).map((name) => [name, readFileSync(join(site, name), 'utf8')]))
}

const draft = {
  directory: site,
  headline: 'two files',
  files: [
    { name: 'report.json', text: '{"generator":"taskwright repo-audit"}' },
    { name: 'index.html', text: '<p>the report</p>' },
  ],
}

/** Whatever happens to it: what it wrote is there and complete, or everything is as it was before. */
function describeWriting(write: TaskDefinition, before: Record<string, string> | null): void {
  describeLifecycle(write, {
    inputs: [draft],
    services: () => {
      rmSync(site, { recursive: true, force: true })
      if (before) mkdirSync(site)
      for (const [name, text] of Object.entries(before ?? {})) writeFileSync(join(site, name), text)
    },
    check: ({ task, isEnd }) => {
      const { outcome } = task.view()
      if (!isEnd || !outcome || outcome.status === 'rejected') return
      const isRolledBack = outcome.status !== 'completed' && outcome.rollback.status !== 'incomplete'
      const expected = JSON.stringify(before)
      if (isRolledBack && JSON.stringify(standing()) !== expected)
        throw new Error(`${JSON.stringify(standing())} was left, and ${expected} was there before`)
      if (outcome.status === 'completed' && standing()?.['index.html'] !== '<p>the report</p>')
        throw new Error('it completed, and the report is not there')
    },
    thresholds: all,
  })
}

for (const write of publishing.members.filter(({ type }) => type === 'publish.write')) {
  describeWriting(write, null)
  describeWriting(write, { 'index.html': old, 'notes.txt': 'mine' })
}
