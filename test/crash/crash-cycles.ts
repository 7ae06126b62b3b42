import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Random } from 'taskwright'
import { createVirtualEnvironment } from 'taskwright'
import { checkStore } from './check-store.ts'
import { EffectsFile } from './effects-file.ts'
import type { Ended, Said } from './said.ts'
import { saidSchema } from './said.ts'

export interface CrashReport {
  readonly cycles: number
  readonly accepted: number
  readonly tasks: number
  readonly ended: number
  readonly effects: number
  readonly problems: readonly string[]
}

const victim = fileURLToPath(new URL('./victim.ts', import.meta.url))
const checkEvery = 5
/** A process that drains and does not end by then hangs. */
const drainMs = 60_000

function saidIn(line: string): Said | null {
  try {
    return saidSchema.parse(JSON.parse(line))
  } catch {
    // The last line of a process that was killed may be torn.
    return null
  }
}

/** One file of tasks, and the processes that work on it and are killed. */
class Lane {
  readonly #folder = mkdtempSync(join(tmpdir(), 'taskwright-crash-'))
  readonly #store = join(this.#folder, 'tasks.db')
  readonly #effectsPath = join(this.#folder, 'effects.txt')
  readonly #effects = new EffectsFile(this.#effectsPath)
  readonly #accepted = new Set<string>()
  readonly #ended = new Map<string, Ended>()
  readonly #problems: string[] = []
  readonly #random: Random
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
    this.#random = createVirtualEnvironment({ seed }).random
  }

  async live(cycles: number, done: () => void): Promise<CrashReport> {
    for (let cycle = 1; cycle <= cycles && this.#problems.length === 0; cycle += 1) {
      // Now and then while it recovers, else while it works.
      const from = this.#random.next() < 0.25 ? 'started' : 'recovered'
      await this.#process(this.#seed * 10_000 + cycle, { from, ms: 5 + this.#random.next() * 145 })
      if (cycle % checkEvery === 0) await this.#check(false, `cycle ${cycle}`)
      done()
    }
    const isDrained = this.#problems.length === 0 && (await this.#process(0, null))
    if (this.#problems.length === 0 && !isDrained) this.#problems.push('the last process hangs')
    const { tasks, ended } = await this.#check(isDrained, 'the end')
    const effects = this.#effects.read().length
    if (this.#problems.length === 0) rmSync(this.#folder, { recursive: true })
    else this.#problems.push(`what is left is in ${this.#folder}`)
    return { cycles, accepted: this.#accepted.size, tasks, ended, effects, problems: this.#problems }
  }

  /** @param end how long after what it is killed; `null`: it ends by itself. @returns whether it has drained */
  #process(seed: number, end: { from: Said['type']; ms: number } | null): Promise<boolean> {
    const isLast = end === null
    const options = ['--store', this.#store, '--effects', this.#effectsPath, '--seed', `${seed}`]
    const args = ['--conditions=source', victim, ...options, ...(isLast ? ['--drain'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += String(text)
    })
    let timer: NodeJS.Timeout | null = null
    const { from, ms } = end ?? { from: 'started', ms: drainMs }
    let isDrained = false
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = saidIn(line)
      if (said?.type === from) timer ??= setTimeout(() => child.kill('SIGKILL'), ms)
      if (said) this.#hear(said)
      isDrained ||= said?.type === 'drained'
    })
    return new Promise((resolve) => {
      child.on('close', (code, signal) => {
        if (timer) clearTimeout(timer)
        if (signal !== 'SIGKILL' && code !== 0) this.#problems.push(`a process ended with code ${code}: ${errors}`)
        resolve(isDrained)
      })
    })
  }

  #hear(said: Said): void {
    if (said.type === 'accepted') this.#accepted.add(said.id)
    if (said.type !== 'ended') return
    const before = this.#ended.get(said.id)
    if (before) this.#problems.push(`${said.id} ended a second time: ${JSON.stringify([before, said])}`)
    this.#ended.set(said.id, said)
  }

  async #check(isDrained: boolean, when: string) {
    const acknowledged = { accepted: this.#accepted, ended: this.#ended }
    const findings = await checkStore(this.#store, acknowledged, this.#effects.read(), isDrained)
    for (const problem of findings.problems) this.#problems.push(`seed ${this.#seed}, ${when}: ${problem}`)
    return findings
  }
}

/** Kills processes at moments drawn from `seed`, in lanes side by side, and checks what they leave behind. */
export async function crashCycles(
  options: { readonly seed: number; readonly lanes: number; readonly cycles: number },
  done: () => void = () => undefined,
): Promise<CrashReport> {
  const { seed, lanes, cycles } = options
  const reports = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => new Lane(seed + lane).live(Math.ceil(cycles / lanes), done)),
  )
  const sum = (of: (report: CrashReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  return {
    cycles: sum((report) => report.cycles),
    accepted: sum(({ accepted }) => accepted),
    tasks: sum(({ tasks }) => tasks),
    ended: sum(({ ended }) => ended),
    effects: sum(({ effects }) => effects),
    problems: reports.flatMap(({ problems }) => problems),
  }
}
