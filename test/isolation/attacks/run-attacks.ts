import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { attacks } from './attacks.ts'
import type { AttackedLevel } from './levels.ts'

/** What came of an attack. `breach`: what it got, or did to the host; `null`: it was contained. */
export interface AttackOutcome {
  readonly name: string
  readonly breach: string | null
  readonly how: string
}

const outcomeSchema = z.object({ name: z.string(), breach: z.string().nullable(), how: z.string() })
/** A host that says nothing for so long is held up: it ticks ten times a second. */
const silenceMs = 2_500
/** A host that has not begun may be slow: the machine is busy. */
const startMs = 20_000
const hostsAtATime = 4
const mostPrintedBytes = 0x20_0000
const hostFile = fileURLToPath(new URL('./host.ts', import.meta.url))
/** Whatever an attack does to its host ends here: bounded memory, processor time and files. */
const bounds = ['--data=2500000000', '--cpu=40', '--nofile=1024', '--core=0', '--fsize=8000000', '--']

interface HostEnd {
  readonly outcomes: readonly AttackOutcome[]
  readonly begun: readonly string[]
  readonly printedBytes: number
}

function readResults(path: string): { outcomes: AttackOutcome[]; begun: string[] } {
  const lines = readFileSync(path, 'utf8').split('\n')
  return {
    outcomes: lines.filter((line) => line.startsWith('{')).map((line) => outcomeSchema.parse(JSON.parse(line))),
    begun: lines.flatMap((line) => (line.startsWith('begun ') ? [line.slice(6)] : [])),
  }
}

/** Runs one host on attacks until it is through, dies, or falls silent. */
async function runHost(
  level: AttackedLevel,
  names: readonly string[],
  bubblewrap: string | null,
  folder: string,
): Promise<HostEnd> {
  const results = join(folder, '..', `results-${Math.random()}`)
  await writeFile(results, '')
  const order = JSON.stringify({ level, names, results, folder, bubblewrap })
  const host = spawn(
    'prlimit',
    [...bounds, process.execPath, '--max-old-space-size=512', '--conditions=source', hostFile, order],
    { env: { ...process.env, CANARY: 'canary-4711' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  let printedBytes = 0
  for (const stream of [host.stdout, host.stderr])
    stream.on('data', (chunk: Buffer) => {
      printedBytes += chunk.length
    })
  const ended = new Promise<void>((resolve) => host.on('close', () => resolve()))
  let seen = 0
  let silentFor = 0
  const watch = setInterval(() => {
    const { length } = readFileSync(results)
    silentFor = length === seen ? silentFor + 250 : 0
    seen = length
    if (silentFor >= (seen === 0 ? startMs : silenceMs) && host.pid !== undefined) process.kill(-host.pid, 'SIGKILL')
  }, 250)
  await ended
  clearInterval(watch)
  const read = readResults(results)
  await rm(results)
  return { ...read, printedBytes }
}

/** What a host has left: outcomes, or that it was lost to its only attack; `null`: it has to be found out which. */
function judged({ outcomes, begun, printedBytes }: HostEnd): { known: AttackOutcome[]; again: string[] } {
  const done = new Set(outcomes.map(({ name }) => name))
  const unfinished = begun.filter((name) => !done.has(name))
  const known = outcomes.map((outcome) =>
    outcome.name === 'spam on standard output' && printedBytes > mostPrintedBytes
      ? { ...outcome, breach: 'it printed as the host' }
      : outcome,
  )
  const [name] = unfinished
  if (unfinished.length !== 1 || name === undefined) return { known, again: unfinished }
  return { known: [...known, { name, breach: 'it ended the host, or held it up', how: 'host lost' }], again: [] }
}

async function prepareFolder(): Promise<{ place: string; folder: string }> {
  const place = await mkdtemp(join(tmpdir(), 'attacked-'))
  const folder = join(place, 'granted')
  await mkdir(folder)
  await chmod(place, 0o755)
  await symlink('/etc/passwd', join(folder, 'link'))
  await symlink('/etc', join(folder, 'folder-link'))
  return { place, folder }
}

/** Runs every attack at a level. Where hosts are lost, each attack has one of its own; else one host bears them all. */
export async function runAttacks(level: AttackedLevel, bubblewrap: string | null): Promise<AttackOutcome[]> {
  const { place, folder } = await prepareFolder()
  const names = attacks.map(({ name }) => name)
  const isFragile = level === 'inline' || level === 'thread'
  const waiting = isFragile ? names.map((name) => [name]) : [names]
  const all: AttackOutcome[] = []
  const work = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const end = await runHost(level, group, bubblewrap, folder)
      if (end.begun.length === 0) throw new Error(`the host did not start at the level ${level}`)
      const { known, again } = judged(end)
      all.push(...known)
      const rest = group.filter((name) => !end.begun.includes(name))
      // Of those that ran side by side one has ended the host: alone, each shows whether it was that.
      waiting.push(...again.map((name) => [name]), ...(rest.length > 0 ? [rest] : []))
    }
  }
  try {
    await Promise.all(Array.from({ length: isFragile ? hostsAtATime : 1 }, work))
  } finally {
    await rm(place, { recursive: true, force: true })
  }
  return names.flatMap((name) => all.filter((outcome) => outcome.name === name))
}
