import { createReadStream, existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { z } from 'zod'
import { durationSchema } from '../../model/duration.ts'
import { describeThrown } from '../../model/errors.ts'
import { encryptionSchema, Keyring } from '../../security/keyring.ts'
import { lineOf } from '../../store/record-line.ts'
import type { Row } from '../../store/sqlite/sqlite-file.ts'
import { noteAction } from '../audit/note-action.ts'
import type { CommandMaker } from '../command.ts'
import { defineCommand } from '../command.ts'
import { CommandError, exitCodes } from '../command-error.ts'
import { readInputFile, reasonOf, unusable } from '../input-file.ts'
import { flag, wholeNumber } from '../option-values.ts'
import { JournalChecker } from '../store/check-journal.ts'
import { compactJournal } from '../store/compact-journal.ts'
import { importedRecord } from '../store/import-record.ts'
import { openStoreFile, rowsOf, storedRecords, withStore } from '../store/open-file.ts'
import { rekey } from '../store/rekey.ts'

const oneFile = { name: 'a file', max: 1 }

const inUse = 'A file that a running process has open is refused: stop that first.'

const check = defineCommand({
  name: 'check',
  summary: 'Says what a store file holds, and what is wrong with it',
  usage: '<file> [--json]',
  flags: [{ flags: '--json', description: 'print one JSON object' }],
  notes: `Checked: the file as SQLite sees it; the checksum of each record; that records are in order, that each task was
accepted once and has one end at most, that its epochs rise, that no finished step is run again and none is
undone twice. ${inUse}

Exit code 0: all is well; 1: there are problems; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({ json: flag }),
  async run([path = ''], { json }, { terminal }) {
    const checked = await withStore(path, (file) => {
      const checker = new JournalChecker()
      for (const problem of file.problems()) checker.note(problem)
      try {
        for (const record of storedRecords(file)) checker.take(record)
      } catch (thrown) {
        checker.note(describeThrown(thrown))
      }
      return checker.result()
    })
    if (json) terminal.out(JSON.stringify({ file: path, ...checked }))
    else {
      const stages = Object.entries(checked.byStage).map(([stage, count]) => `${count} ${stage}`)
      terminal.out(`${path}: ${checked.events} events, ${checked.tasks} tasks (${stages.join(', ')})`)
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
budgets stays on record. ${inUse}

Exit code 0: done; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({
    retain: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(10_000),
    retainFor: durationSchema.prefault('7d'),
  }),
  async run([path = ''], { retain, retainFor }, { terminal }) {
    const before = existsSync(path) ? statSync(path).size : 0
    const forgotten = await withStore(path, (file) => {
      const count = compactJournal(file, { retain, retainForMs: retainFor, now: Date.now() })
      noteAction(file, 'compact', { forgotten: count })
      file.vacuum()
      return count
    })
    terminal.out(`${path}: ${forgotten} tasks forgotten, ${before} bytes before, ${statSync(path).size} after`)
    return exitCodes.done
  },
})

const exportLines = defineCommand({
  name: 'export',
  summary: 'Writes a store file as JSON Lines, one event a line',
  usage: '<file> [--out <path>]',
  flags: [{ flags: '--out [path]', description: 'where to write (default: standard output)' }],
  notes: `Each line is an event; its field payload has what recovery needs beyond it: inputs, outputs, results of steps, as
they were. Treat the export as you treat the store. ${inUse}

Exit code 0: done; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({ out: z.string({ error: 'must be a path' }).optional() }),
  async run([path = ''], { out }, { terminal }) {
    await withStore(path, async (file) => {
      noteAction(file, 'export', { what: 'journal' })
      if (out === undefined) {
        for (const { line } of rowsOf(file)) terminal.out(line)
        return
      }
      const written = await open(out, 'w').catch((error: unknown) => {
        throw unusable(out, [reasonOf(error)], error)
      })
      try {
        for (const { line } of rowsOf(file)) await written.write(`${line}\n`)
      } finally {
        await written.close()
      }
    })
    return exitCodes.done
  },
})

const importLines = defineCommand({
  name: 'import',
  summary: 'Makes a store file of exported JSON Lines',
  usage: '<file> [--from <path>]',
  flags: [{ flags: '--from [path]', description: 'what to read (default: standard input)' }],
  notes: `The store must be new or empty. Nothing is imported unless every line is good.

Exit code 0: done; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({ from: z.string({ error: 'must be a path' }).optional() }),
  async run([path = ''], { from }, { terminal }) {
    if (from !== undefined && !existsSync(from)) throw unusable(from, ['there is no such file'])
    const rows = await readLines(from)
    const file = await openStoreFile(path)
    try {
      if (file.lastSeq > 0) throw unusable(path, ['it holds tasks already; import into a new file'])
      file.commit({ rows, forgotten: [] })
    } finally {
      file.close()
    }
    terminal.out(`${path}: ${rows.length} events`)
    return exitCodes.done
  },
})

/** @throws CommandError `FILE_INVALID` with every bad line */
async function readLines(from: string | undefined): Promise<Row[]> {
  const input = from === undefined ? process.stdin : createReadStream(from)
  const rows: Row[] = []
  const problems: string[] = []
  let number = 0
  let seq = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (text === '') continue
    try {
      const record = importedRecord(text)
      const { event } = record
      if (event.seq <= seq) throw new Error(`record ${event.seq} comes after record ${seq}`)
      seq = event.seq
      rows.push({ seq, taskId: 'taskId' in event ? event.taskId : null, line: lineOf(record) })
    } catch (thrown) {
      problems.push(`line ${number}: ${describeThrown(thrown)}`)
    }
  }
  if (rows.length === 0 && problems.length === 0) problems.push('it has no lines')
  if (problems.length > 0) throw new CommandError('FILE_INVALID', `cannot import ${from ?? 'standard input'}`, problems)
  return rows
}

const keysFile = z.string({ error: 'must be a path' })

const rekeyValues = defineCommand({
  name: 'rekey',
  summary: 'Encrypts the values of a store file anew, with the current key',
  usage: '<file> --keys <path>',
  flags: [{ flags: '--keys [path]', description: 'the keys, as JSON: { "current": id, "keys": { id: base64 } }' }],
  notes: `Every input, output, result and answer is opened with the key that it was sealed with, and sealed with the current
one; what was not encrypted is encrypted. All of it or nothing. Then the old key is needed no more. ${inUse}

Exit code 0: done; 2: a bad call or file.`,
  operands: oneFile,
  options: z.object({ keys: keysFile }),
  async run([path = ''], { keys }, { terminal }) {
    const keyring = await readKeyring(keys)
    const records = await withStore(path, (file) => {
      const count = rekey(file, keyring)
      noteAction(file, 'rekey', { key: keyring.current })
      // What was there before must not stay in pages that are free.
      file.vacuum()
      return count
    })
    terminal.out(`${path}: ${records} events, values sealed with key "${keyring.current}"`)
    return exitCodes.done
  },
})

/** @throws CommandError `FILE_INVALID` */
async function readKeyring(path: string): Promise<Keyring> {
  try {
    return new Keyring(encryptionSchema.parse(JSON.parse(await readInputFile(path))))
  } catch (thrown) {
    throw thrown instanceof CommandError ? thrown : unusable(path, [describeThrown(thrown)], thrown)
  }
}

export const store: CommandMaker = (context, settle) => {
  const group = new Command('store')
    .summary('Checks, compacts, exports, imports and rekeys store files')
    .description("Checks, compacts, exports, imports and rekeys the files of `store: 'file:PATH'`.")
    .usage('<check|compact|export|import|rekey> <file> [options]')
  for (const make of [check, compact, exportLines, importLines, rekeyValues]) group.addCommand(make(context, settle))
  return group
}
