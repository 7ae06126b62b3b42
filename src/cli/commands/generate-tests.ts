import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { draftInThread } from '../generate-tests/draft-in-thread.ts'
import type { Drafts } from '../generate-tests/drafts.ts'
import type { Runner } from '../generate-tests/test-file.ts'
import { runners } from '../generate-tests/test-file.ts'
import { installedRunner, packageFolderOf } from '../generate-tests/user-package.ts'
import type { FileFate, FileReport } from '../generate-tests/write-tests.ts'
import { orphansIn, writeTests } from '../generate-tests/write-tests.ts'
import { flag, oneOf } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

const notes = `One file is written for each task definition (flows too) that the module exports. Its test walks the definition's
whole life: describeLifecycle, or lifecycleCases for node:test. Sample inputs are told from the schemas; better ones go
into the file, or into the module:

  export const lifecycle = { [type]: { inputs: […], events: […], services, answer, check } }

A file that nobody has changed is made again by the next run (a formatter's changes do not count). A file that somebody
has changed is never written again: the command says what is new that it does not speak of. Delete it to get it anew.
No file is ever deleted.

Node 22.18 or newer reads TypeScript modules; with an older one name the compiled file.

Exit code 0: done; 1: a file of another module is in the way; 2: a bad call or module; 130: interrupted.`

export const generateTests = defineCommand({
  name: 'generate-tests',
  summary: 'Writes test files that walk the whole life of the tasks that a module exports',
  usage: '<module> [--out <dir>] [--runner vitest|node] [--dry-run] [--json]',
  flags: [
    { flags: '--out [dir]', description: 'where to write (default: test/lifecycle in the package of the module)' },
    { flags: '--runner [name]', description: 'vitest or node (default: vitest if it is installed there, else node)' },
    { flags: '--dry-run', description: 'tell what would be written, and write nothing' },
    { flags: '--json', description: 'print the result as one JSON object' },
  ],
  notes,
  operands: { name: 'a module', max: 1 },
  options: z.object({
    out: z.string({ error: 'must be a folder; its value is missing' }).min(1, 'must be a folder').optional(),
    runner: oneOf(runners).optional(),
    dryRun: flag,
    json: flag,
  }),
  async run([module = ''], options, { terminal, signal }) {
    const path = resolve(module)
    const folder = packageFolderOf(path)
    const out = resolve(options.out ?? join(folder, 'test', 'lifecycle'))
    const runner = options.runner ?? installedRunner(folder)
    const onPrinted = (text: string) => terminal.err(text.trimEnd())
    const { drafts, hidden } = await draftInThread({ path, out, runner }, { signal, onPrinted })
    const files = await writeTests(out, path, drafts, options.dryRun)
    const orphans = await orphansIn(out, path, drafts)
    if (options.json) terminal.out(JSON.stringify({ runner, files, orphans, hidden }))
    else tell({ module, out, runner, files, orphans, hidden, isDryRun: options.dryRun }, terminal)
    return files.some(({ fate }) => fate === 'inTheWay') ? exitCodes.failed : exitCodes.done
  },
})

interface Told {
  readonly module: string
  readonly out: string
  readonly runner: Runner
  readonly files: readonly FileReport[]
  readonly orphans: readonly string[]
  readonly hidden: Drafts['hidden']
  readonly isDryRun: boolean
}

const fateWords: Readonly<Record<FileFate, string>> = {
  created: 'created',
  renewed: 'renewed',
  unchanged: 'unchanged',
  kept: 'kept, for you have changed it',
  inTheWay: 'not written',
}

function tell({ module, out, runner, files, orphans, hidden, isDryRun }: Told, terminal: Terminal): void {
  const what = files.length === 1 ? '1 definition' : `${files.length} definitions`
  terminal.out(`${module}: ${what}${isDryRun ? '; nothing is written, this would be' : ''}`)
  for (const { path, fate, notes } of files) {
    terminal.out(`  ${shown(path)}: ${fateWords[fate]}`)
    for (const note of notes) terminal.out(`    - ${note}`)
  }
  for (const path of orphans)
    terminal.out(`  ${shown(path)}: left over; the module exports no such definition any more, so delete or change it`)
  for (const { inExport, type } of hidden)
    terminal.err(`${JSON.stringify(type)} in the export ${inExport} has no tests: give it an export of its own`)
  const folder = shown(out)
  terminal.out(`run them: ${runner === 'vitest' ? `npx vitest run ${folder}` : `node --test "${folder}/*.test.*"`}`)
}

/** As it is reached from where the command was called. */
function shown(path: string): string {
  return relative('', path) || '.'
}
