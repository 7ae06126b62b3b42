import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { createRuntime } from 'taskwright'
import { runProgram } from '../../src/cli/program.ts'
import { ada, bob, deploy, operator, policy, work } from './two-agents.ts'

export const keys = generateKeyPairSync('ed25519')
export const otherKeys = generateKeyPairSync('ed25519')

/** A folder that is removed with all that is in it. */
export class AuditFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'audit-'))

  file(name: string, text?: string): string {
    const path = join(this.path, name)
    if (text !== undefined) writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}

/** A store in which two agents and an operator have worked. @returns the checkpoints, in order */
export async function auditedStore(path: string, { tasks = 6, every = 10 } = {}): Promise<string[]> {
  const notes: string[] = []
  const runtime = await createRuntime({
    store: `file:${path}`,
    tasks: [work, deploy],
    policy,
    logger: pino({ level: 'silent' }),
    audit: { key: keys.privateKey, origin: 'test.log', every, onCheckpoint: (note) => notes.push(note) },
  })
  for (let count = 0; count < tasks; count += 1) {
    const handle = await runtime.as(count % 2 === 0 ? ada : bob).submit(work, {})
    await runtime.as(operator).get(handle.id)?.outcome()
  }
  await runtime
    .as(ada)
    .submit(deploy, null)
    .catch(() => undefined)
  await runtime.as(operator).resize('slots', 4)
  await runtime.stop()
  return notes
}

/** What is done to a store's file by who may write it. */
export function tamper(path: string, change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path)
  change(database)
  database.close()
}

/** Runs `taskwright audit`. */
export async function audit(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = []
  const err: string[] = []
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const code = await runProgram(['audit', ...args], { terminal, signal: new AbortController().signal })
  return { code, out, err }
}
