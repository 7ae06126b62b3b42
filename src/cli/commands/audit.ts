import type { KeyObject } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Command } from 'commander'
import { z } from 'zod'
import { describeThrown } from '../../model/errors.ts'
import { readCheckpoint } from '../../security/audit/checkpoint.ts'
import { LogVerifier } from '../../security/audit/verify-log.ts'
import { exportLineOf, inspectAudit } from '../audit/audit-source.ts'
import { noteActionAt } from '../audit/note-action.ts'
import { problemsOfProof, proofOf } from '../audit/proof.ts'
import type { CommandMaker } from '../command.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { readInputFile, reasonOf, unusable } from '../input-file.ts'
import { flag } from '../option-values.ts'
import { asBadFile } from '../store/bad-file.ts'

const path = z.string({ error: 'must be a path' })

const keyFlag = { flags: '--key [file]', description: 'the public key that signs checkpoints (Ed25519, PEM)' }

const checkpointFlag = {
  flags: '--checkpoint [files]',
  description: 'checkpoints that were kept elsewhere, with commas between',
}

async function readKey(file: string | undefined): Promise<KeyObject | null> {
  if (file === undefined) return null
  try {
    const key = createPublicKey(await readInputFile(file))
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key')
    return key
  } catch (thrown) {
    throw unusable(file, [describeThrown(thrown)], thrown)
  }
}

/** The notes in a file: one, or one behind the other as `onCheckpoint` may have appended them. */
async function readNotes(files: string | undefined): Promise<{ readonly note: string; readonly from: string }[]> {
  const notes: { note: string; from: string }[] = []
  for (const file of files?.split(',') ?? []) {
    const text = await readInputFile(file)
    for (const note of text.split(/(?<=\n— [^\n]*\n)/)) if (note.trim() !== '') notes.push({ note, from: file })
  }
  return notes
}

const verify = defineCommand({
  name: 'verify',
  summary: 'Says whether an audit log, or a proof of an entry, is what it was',
  usage: '<file> [--checkpoint <files>] [--key <file>] [--proof] [--json]',
  flags: [
    checkpointFlag,
    keyFlag,
    { flags: '--proof', description: 'the file is a proof, as `audit prove` makes it' },
    { flags: '--json', description: 'print one JSON object' },
  ],
  notes: `The file is a store, or an export of its audit log; a store that a running process has open is refused. What was edited, deleted or swapped breaks the
chain of hashes. A tail that was cut off, and a log that was written anew as a whole, show only against checkpoints:
those in the file count if --key says who must have signed them, those given by --checkpoint in any case.

Exit code 0: it is what it was; 1: it is not; 2: a bad call or file.`,
  operands: { name: 'a file', max: 1 },
  options: z.object({ checkpoint: path.optional(), key: path.optional(), proof: flag, json: flag }),
  async run([file = ''], options, { terminal }) {
    const key = await readKey(options.key)
    const notes = await readNotes(options.checkpoint)
    if (options.proof) {
      const problems = problemsOfProof(await readInputFile(file), notes.at(-1)?.note ?? null, key)
      if (options.json) terminal.out(JSON.stringify({ file, problems }))
      else if (problems.length === 0) terminal.out(`${file}: the proof holds`)
      for (const problem of problems) terminal.err(`taskwright audit verify: ${problem}`)
      return problems.length > 0 ? exitCodes.failed : exitCodes.done
    }
    const verdict = await verifyLog(file, notes, key)
    if (options.json) terminal.out(JSON.stringify({ file, ...verdict }))
    else {
      const { entries, confirmed, uncovered } = verdict
      terminal.out(
        `${file}: ${entries} entries, ${confirmed.length} checkpoints hold, ${uncovered} entries after the last`,
      )
    }
    for (const problem of verdict.problems) terminal.err(`taskwright audit verify: ${problem}`)
    return verdict.problems.length > 0 ? exitCodes.failed : exitCodes.done
  },
})

async function verifyLog(
  file: string,
  given: readonly { readonly note: string; readonly from: string }[],
  key: KeyObject | null,
) {
  return inspectAudit(file, async (source) => {
    const verifier = new LogVerifier(key)
    for (const { note, from } of given) verifier.expect(note, from)
    // Without a key whoever changed the log may have made them too; they still have to agree with it.
    for (const note of await source.notes()) verifier.expect(note, 'the log itself')
    for await (const { line, hash } of source.lines()) verifier.take(line, hash)
    return verifier.verdict()
  })
}

const prove = defineCommand({
  name: 'prove',
  summary: 'Proves that entries are in an audit log, without showing the others',
  usage: '<file> <id> [--checkpoint <file>]',
  flags: [checkpointFlag],
  notes: `The id is the number of an entry, or of a task: then all its entries. Printed is a JSON object with the entries, the
hashes that lead to the root, and the checkpoint that the root is of: the one given, else the last in the log that
covers them. \`audit verify --proof\` checks it.

Exit code 0: done; 2: a bad call or file.`,
  operands: { name: 'a file and an id', max: 2 },
  options: z.object({ checkpoint: path.optional() }),
  async run([file = '', id = ''], { checkpoint }, { terminal }) {
    const given = (await readNotes(checkpoint)).at(-1)?.note
    return inspectAudit(file, async (source) => {
      const lines: string[] = []
      for await (const { line } of source.lines()) lines.push(line)
      const seqs = seqsOf(lines, id)
      const least = seqs.at(-1)
      if (least === undefined) throw unusable(file, [`there is no entry, and no task, ${JSON.stringify(id)}`])
      const notes = given === undefined ? await source.notes() : [given]
      const note = notes.findLast((one) => covers(one, least, lines.length)) ?? null
      const size = (note === null ? null : readCheckpoint(note)?.size) ?? lines.length
      terminal.out(JSON.stringify(proofOf(lines.slice(0, size), seqs, note)))
      return exitCodes.done
    })
  },
})

function seqsOf(lines: readonly string[], id: string): number[] {
  if (/^\d+$/.test(id)) return Number(id) >= 1 && Number(id) <= lines.length ? [Number(id)] : []
  return lines.flatMap((line, index) => (isAbout(line, id) ? [index + 1] : []))
}

function isAbout(line: string, taskId: string): boolean {
  const read = z.object({ on: z.object({ kind: z.literal('task'), id: z.string() }) }).safeParse(parsed(line))
  return read.data?.on.id === taskId
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function covers(note: string, seq: number, entries: number): boolean {
  const size = readCheckpoint(note)?.size ?? 0
  return size >= seq && size <= entries
}

const exportLog = defineCommand({
  name: 'export',
  summary: 'Writes an audit log as JSON Lines: its entries as they are, and its checkpoints',
  usage: '<file> [--out <path>]',
  flags: [{ flags: '--out [path]', description: 'a new file to write (default: standard output)' }],
  notes: `The export is an entry of the log itself. A file that a running process has open is refused: stop that first.

Exit code 0: done; 2: a bad call or file.`,
  operands: { name: 'a file', max: 1 },
  options: z.object({ out: path.optional() }),
  async run([file = ''], { out }, { terminal }) {
    await asBadFile(file, noteActionAt(file, 'export', { what: 'audit log' }))
    await inspectAudit(file, async (source) => {
      const written = out === undefined ? null : await openToWrite(out)
      const write = async (line: string) => (written ? written.write(`${line}\n`) : terminal.out(line))
      try {
        for await (const { line } of source.lines()) await write(line)
        for (const note of await source.notes()) await write(exportLineOf(note))
      } finally {
        await written?.close()
      }
    })
    return exitCodes.done
  },
})

async function openToWrite(out: string) {
  return open(out, 'wx', 0o600).catch((error: unknown) => {
    throw unusable(out, [reasonOf(error)], error)
  })
}

export const audit: CommandMaker = (context, settle) => {
  const group = new Command('audit')
    .summary('Verifies, proves and exports audit logs')
    .description('Verifies, proves and exports the audit logs of stores.')
    .usage('<verify|prove|export> <file> [options]')
  for (const make of [verify, prove, exportLog]) group.addCommand(make(context, settle))
  return group
}
