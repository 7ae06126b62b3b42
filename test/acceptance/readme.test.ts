import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { instance } from '@viz-js/viz'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toDot } from '../../docs/statecharts/dot.ts'
import { readChart } from '../../src/machines/chart.ts'
import { supervisorMachine } from '../../src/machines/supervisor-machine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')

async function node(cwd: string, program: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(program, root))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', path, ...args], { cwd })
  return stdout
}

/** As links to them are written. */
function headingsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => {
    const words = title.toLowerCase().replace(/[^\w\s-]/g, '')
    return `#${words.replace(/\s/g, '-')}`
  })
}

describe('what the README says is so', () => {
  test('its embedding example is the one that is run', async () => {
    const [, shown] = /<!-- examples\/embed\/main.ts -->\n```ts\n([\s\S]*?)```/.exec(await read('README.md')) ?? []
    expect(shown).toBe(await read('examples/embed/main.ts'))
  })

  test('the example prints eleven events and the summary, keeps the task, and the process exits by itself', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'taskwright-embed-'))
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    const example = () => node(cwd, 'examples/embed/main.ts')
    const lines = (await example()).trim().split('\n')
    expect(lines.slice(0, -1)).toEqual([
      'task.created',
      'task.validating',
      'task.waiting',
      'task.queued',
      'task.allocating',
      'task.executing',
      'task.running',
      'task.step.started',
      'task.step.completed',
      'task.completing',
      'task.completed',
    ])
    expect(lines.at(-1)).toBe("{ summary: 'Tasks are actors' }")
    expect((await example()).trim().split('\n')).toEqual(lines)
    const checked: unknown = JSON.parse(await node(cwd, 'src/cli/main.ts', 'store', 'check', 'tasks.db', '--json'))
    expect(checked).toMatchObject({ tasks: 2, byStage: { completed: 2 }, problems: [] })
  })

  test('every file, folder and heading that it or the documents name is there', async () => {
    const below = (await readdir(new URL('docs', root), { recursive: true })).map((name) => `docs/${name}`)
    let links = 0
    for (const page of ['README.md', ...below.filter((name) => name.endsWith('.md'))]) {
      for (const [, link = ''] of (await read(page)).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const { pathname, hash } = new URL(link, new URL(page, root))
        await expect(stat(pathname), `${page}: ${link}`).resolves.toBeDefined()
        if (hash !== '') expect(headingsOf(await readFile(pathname, 'utf8')), `${page}: ${link}`).toContain(hash)
        links += 1
      }
    }
    expect(links).toBeGreaterThan(20)
  })

  test.each([
    ['task', taskMachine],
    ['supervisor', supervisorMachine],
  ] as const)('the picture of the %s statechart is drawn from the machine that runs', async (name, machine) => {
    const viz = await instance()
    const drawn = viz.renderString(toDot(readChart(machine)), { format: 'svg', engine: 'dot' })
    expect(drawn, 'run `npm run docs:statecharts`').toBe(await read(`docs/statecharts/${name}.svg`))
  })
})
