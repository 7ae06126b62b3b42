import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { copyTree } from './copy-tree.ts'
import type { SimulationMutant } from './simulation-mutants.ts'
import { simulationMutants } from './simulation-mutants.ts'

/**
 * Plants faults, one at a time, in a copy of the tree, and counts the seeds that the simulation needs to find each.
 * Exit code 0: every fault was found; 1: some were not; 2: a fault does not fit the code any more.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))

const reportSchema = z.object({
  seeds: z.number(),
  violations: z.array(z.object({ seed: z.number(), violations: z.array(z.string()) })),
})

interface Verdict {
  readonly name: string
  /** The first seed that shows the fault; `null`: none did. */
  readonly seed: number | null
  readonly by: string
}

/** A fault may make a run spin: what does not end in this time was found by it. */
const patienceMs = 150_000

function hunt(copy: string, seeds: number): Promise<Omit<Verdict, 'name'>> {
  const args = ['--conditions=source', join(copy, 'src/cli/main.ts'), 'simulate']
  return new Promise((resolve) => {
    const options = { cwd: copy, timeout: patienceMs, maxBuffer: 256 * 1024 * 1024 }
    execFile(
      process.execPath,
      [...args, '--seeds', String(seeds), '--until-violation', '--json'],
      options,
      (error, out) => {
        const last = out.trimEnd().split('\n').at(-1) ?? ''
        if (!last.startsWith('{')) return resolve({ seed: 0, by: error?.killed ? '(did not end)' : '(crashed)' })
        const [first] = reportSchema.parse(JSON.parse(last)).violations
        resolve({ seed: first?.seed ?? null, by: first?.violations[0] ?? '' })
      },
    )
  })
}

async function plant(
  copy: string,
  { file, from, to }: SimulationMutant,
  seeds: number,
): Promise<Omit<Verdict, 'name'>> {
  const path = join(copy, file)
  const original = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    original.replace(from, () => to),
  )
  try {
    return await hunt(copy, seeds)
  } finally {
    writeFileSync(path, original)
  }
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    seeds: { type: 'string', default: '20000' },
  },
})
const { json, only, seeds } = values
const chosen = simulationMutants.filter(({ name }) => only === undefined || name.includes(only))
const say = json ? console.error : console.log

const unfit = chosen.filter(({ file, from }) => !readFileSync(join(root, file), 'utf8').includes(from))
for (const { name, file } of unfit) say(`does not fit ${file} any more: ${name}`)
if (unfit.length > 0) process.exit(2)

const copy = copyTree(root)
const verdicts: Verdict[] = []
try {
  for (const mutant of chosen) {
    const verdict = { name: mutant.name, ...(await plant(copy, mutant, Number(seeds))) }
    verdicts.push(verdict)
    const { seed, name, by } = verdict
    say(
      seed === null
        ? `SURVIVED ${seeds} seeds  ${name}`
        : `found by seed ${String(seed).padStart(5)}  ${name}  ${by.slice(0, 100)}`,
    )
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
const survivors = verdicts.filter(({ seed }) => seed === null).map(({ name }) => name)
say(`${verdicts.length} faults planted, ${verdicts.length - survivors.length} found`)
if (json)
  console.log(
    JSON.stringify({
      mutants: verdicts.length,
      killed: verdicts.length - survivors.length,
      survivors,
      seeds: Object.fromEntries(verdicts.map(({ name, seed }) => [name, seed])),
    }),
  )
process.exitCode = survivors.length > 0 ? 1 : 0
