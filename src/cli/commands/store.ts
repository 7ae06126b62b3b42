import { statSync } from 'node:fs'
import { Command } from 'commander'
import { z } from 'zod'
import { durationSchema } from '../../model/duration.ts'
import { noteAction, noteActionAt } from '../audit/note-action.ts'
import type { CommandMaker } from '../command.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { flag, wholeNumber } from '../option-values.ts'
import { asBadFile } from '../store/bad-file.ts'
import { checkFile } from '../store/check-file.ts'
import { compactJournal } from '../store/compact-journal.ts'
import { exportTo } from '../store/export-lines.ts'
import { importInto } from '../store/import-lines.ts'
import { inspectStore, withStore } from '../store/open-file.ts'
import { readKeyring, rekey } from '../store/rekey.ts'

const oneFile = { name: 'a file', max: 1 }

const inUse = 'A file that a running process has open is refused: stop that first.'

const check = defineCommand({
  name: 'check',
  summary: 'Says what a store file holds, and what is wrong with it',
  usage: '<file> [--json]',
  flags: [{ flags: '--json', description: 'print one JSON object' }],
  notes: `Checked: the file as SQLite sees it; the checksum of each record; that records are in order, that each task was
accepted once and has one end at most, that its epochs rise, that no finished step is run again and none is
undone twice. Nothing is changed. A record that is missing from the end cannot be told: keep a file and its
-wal together. ${inUse}

--json prints { file, events, tasks, unfinished, byStage: {stage: n}, problems: [sentence] }.

Exit code 0: all is well; 1: there are problems; 2: a bad call, or a file that is no store or cannot be had.`,
  operands: oneFile,
  options: z.object({ json: flag }),
  async run([path = ''], { json }, { terminal }) {
    const checked = await asBadFile(path, checkFile(path))
    if (json) terminal.out(JSON.stringify({ file: path, ...checked }))
    else {
      const stages = Object.entries(checked.byStage).map(([stage, count]) => `${count} ${stage}`)
      const inStages = stages.length > 0 ? ` (${stages.join(', ')})` : ''
      terminal.out(`${path}: ${checked.events} events, ${checked.tasks} tasks${inStages}`)
    }
    for (const problem of checked.problems) terminal.err(`taskwright store check: ${problem}`)
    return checked.problems.length > 0 ? exitCodes.failed : exitCodes.done
  },
})

const compact = defineCommand({
  name: 'compact',
  summary: 'Forgets tasks that ended long ago, and gives their room back',
  usage: '<file> [--retain <n>] [--retain-for <duration>]',
  flags: [
    { flags: '--retain [n]', description: 'how many ended tasks to keep (default: 10000)' },
    { flags: '--retain-for [duration]', description: 'for how long to keep them, such as 12h or 7d (default: 7d)' },
  ],
  notes: `A runtime does the same while it runs, by its options retain and retainFor. What forgotten tasks have spent of
budgets stays on record. Kept in any case: what an unfinished task waits for, or may still have to undo. ${inUse}

Exit code 0: done; 2: a bad call or file. A file that is damaged is left as it is.`,
  operands: oneFile,
  options: z.object({
    retain: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(10_000),
    retainFor: durationSchema.prefault('7d'),
  }),
  async run([path = ''], { retain, retainFor }, { terminal }) {
    const before = sizeOf(path)
    const forgotten = await asBadFile(
      path,
      withStore(path, 'change', (file) => {
        const count = compactJournal(file, { retain, retainForMs: retainFor, now: Date.now() })
        noteAction(file, 'compact', { forgotten: count })
        file.vacuum()
        return count
      }),
    )
    terminal.out(`${path}: ${forgotten} tasks forgotten, ${before} bytes before, ${sizeOf(path)} after`)
    return exitCodes.done
  },
})

/** With what is still to be taken in, bytes. */
function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce((sum, part) => sum + (statSync(part, { throwIfNoEntry: false })?.size ?? 0), 0)
}

const exportLines = defineCommand({
  name: 'export',
  summary: 'Writes a store file as JSON Lines, one event a line',
  usage: '<file> [--out <path>]',
  flags: [{ flags: '--out [path]', description: 'a new file to write (default: standard output)' }],
  notes: `Each line is an event; its field payload has what recovery needs beyond it: inputs, outputs, results of steps, as
they were. Treat the export as you treat the store: --out makes a file that only you can read. ${inUse}

Exit code 0: done; 2: a bad call or file. Of a file that is damaged nothing is written.`,
  operands: oneFile,
  options: z.object({ out: z.string({ error: 'must be a path' }).optional() }),
  async run([path = ''], { out }, { terminal }) {
    await asBadFile(path, noteActionAt(path, 'export', { what: 'journal' }))
    await asBadFile(
      path,
      inspectStore(path, async (file) => {
        // To the end before the first line is out.
        for (const _ of file.rows());
        if (out !== undefined) return exportTo(out, file)
        for (const { line } of file.rows()) terminal.out(line)
      }),
    )
    return exitCodes.done
  },
})

const importLines = defineCommand({
  name: 'import',
  summary: 'Makes a store file of exported JSON Lines',
  usage: '<file> [--from <path>]',
  flags: [{ flags: '--from [path]', description: 'what to read (default: standard input)' }],
  notes: `The file must be new, or a store without tasks. Nothing is imported unless every line is good: an event that this
release knows, with what recovery reads of it, that fits to those before it.

Exit code 0: done; 2: a bad call or file, with every bad line.`,
  operands: oneFile,
  options: z.object({ from: z.string({ error: 'must be a path' }).optional() }),
  async run([path = ''], { from }, { terminal }) {
    const count = await asBadFile(path, importInto(path, from))
    terminal.out(`${path}: ${count} events`)
    return exitCodes.done
  },
})

const rekeyValues = defineCommand({
  name: 'rekey',
  summary: 'Encrypts the values of a store file anew, with the current key',
  usage: '<file> --keys <path>',
  flags: [{ flags: '--keys [path]', description: 'the keys, as JSON: { "current": id, "keys": { id: base64 } }' }],
  notes: `Every input, output, result and answer is opened with the key that it was sealed with, and sealed with the current
one; what was not encrypted is encrypted. All of it or nothing. Then the old key is needed no more. ${inUse}

Exit code 0: done; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({ keys: z.string({ error: 'must be a path' }) }),
  async run([path = ''], { keys }, { terminal }) {
    const keyring = await readKeyring(keys)
    const records = await asBadFile(
      path,
      withStore(path, 'change', (file) => {
        const count = rekey(file, keyring)
        noteAction(file, 'rekey', { key: keyring.current })
        // What was there before must not stay in pages that are free.
        file.vacuum()
        return count
      }),
    )
    terminal.out(`${path}: ${records} events, values sealed with key "${keyring.current}"`)
    return exitCodes.done
  },
})

export const store: CommandMaker = (context, settle) => {
  const group = new Command('store')
    .summary('Checks, compacts, exports, imports and rekeys store files')
    .description("Checks, compacts, exports, imports and rekeys the files of `store: 'file:PATH'`.")
    .usage('<check|compact|export|import|rekey> <file> [options]')
  for (const make of [check, compact, exportLines, importLines, rekeyValues]) group.addCommand(make(context, settle))
  return group
}
