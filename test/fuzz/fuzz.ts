import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './targets.ts'

/** An input on which a reader did what it must not. */
export interface Finding {
  readonly input: string
  readonly problem: string
}

export interface FuzzReport {
  readonly target: string
  readonly executions: number
  readonly seconds: number
  readonly findings: readonly Finding[]
}

/** The longest that any input may take, ms of the processor's: what is slower does not grow with its length alone. */
const slowestMs = 3_000

const mostFindings = 20

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${thrown.stack ?? ''}` : String(thrown)
}

async function tryOut(target: FuzzTarget, input: string): Promise<string | null> {
  // Not by the clock: a busy machine is slow with anything.
  const startedAt = process.cpuUsage()
  try {
    await target.read(input)
  } catch (thrown) {
    return describe(thrown)
  }
  const { user, system } = process.cpuUsage(startedAt)
  const ms = (user + system) / 1_000
  return ms > slowestMs ? `took ${Math.round(ms)} ms for ${input.length} characters` : null
}

/** Feeds a reader changed input until the time is over, or so many have been read. Half of them are changed once more. */
export async function fuzz(
  target: FuzzTarget,
  {
    seconds,
    executions: most = Number.POSITIVE_INFINITY,
    seed,
  }: { seconds: number; executions?: number; seed: number },
): Promise<FuzzReport> {
  const random = seededRandom(seed)
  const seeds = [...(await target.seeds())]
  const findings = new Map<string, Finding>()
  for (const good of seeds) {
    const problem = await tryOut(target, good)
    if (problem !== null) throw new Error(`${target.name} does not even read what is good: ${problem}`)
  }
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  const pool = [...seeds]
  let executions = 0
  while (performance.now() < endsAt && executions < most && findings.size < mostFindings) {
    const input = mutate(pool, random)
    executions += 1
    const problem = await tryOut(target, input)
    // One finding for each place in the code.
    if (problem !== null) findings.set(placeOf(problem), { input, problem })
    // What was read is changed further, so that changes add up.
    else if (random.next() < 0.05 && input.length < 20_000) {
      if (pool.length < seeds.length + 200) pool.push(input)
      else pool[seeds.length + Math.floor(random.next() * 200)] = input
    }
  }
  const took = (performance.now() - startedAt) / 1_000
  return { target: target.name, executions, seconds: took, findings: [...findings.values()] }
}

function placeOf(problem: string): string {
  return /at .*src\/[^\s)]+/.exec(problem)?.[0] ?? problem.slice(0, 80)
}
