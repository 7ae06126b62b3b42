import { z } from 'zod'
import type { FaultKind } from '../../testing/simulation/faults.ts'
import { faultKinds } from '../../testing/simulation/faults.ts'
import { shrink } from '../../testing/simulation/shrink.ts'
import type { SimulationReport } from '../../testing/simulation/simulate.ts'
import { simulate as runSimulation } from '../../testing/simulation/simulate.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, InterruptedError } from '../command-error.ts'
import { flag, wholeNumber } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

const notes = `A seed is one life of the runtime, drawn by chance and alike each time: its tasks and what their handlers do,
the process that crashes, the disk that is full or fails, the clock that jumps, cancels, pauses, resizes.
After each record the rules are checked, and at the end, without faults, everything has to be done:
  R1  nothing over-committed, nothing held at rest     R5  no message of another epoch changes anything
  R2  exactly one final record for each task           R6  no inversion of priority, fair shares within 10 %
  R3  undone exactly once, in reverse, or reported     R7  the restart intensity is honoured
  R4  what was acknowledged survives every crash       R8  the same seed leaves the same journal
A seed that breaks one is told with the command that runs it again, and made as small as it can be.

Kinds of faults: ${faultKinds.join(', ')}.

Exit code 0: no violation; 1: there is one; 2: a bad call; 130: interrupted.`

const kinds = z
  .string({ error: 'must be kinds of faults, with commas between' })
  .transform((text, context): FaultKind[] => {
    const names = text.split(',').filter(Boolean)
    const known = faultKinds.filter((kind) => names.includes(kind))
    for (const name of names)
      if (!known.some((kind) => kind === name))
        context.addIssue({ code: 'custom', message: `knows no ${JSON.stringify(name)}; --help lists the kinds` })
    return known
  })

export const simulate = defineCommand({
  name: 'simulate',
  summary: 'Hunts for faults of the runtime: many simulated lives, with crashes, on virtual time',
  usage: '[--seeds <n>] [--seed <s>] [--faults <kinds>] [--until-violation] [--json]',
  flags: [
    { flags: '--seeds [n]', description: 'how many seeds to run (default: 1000; with --seed: 1)' },
    { flags: '--seed [s]', description: 'the first seed (default: 1)' },
    { flags: '--faults [kinds]', description: 'only faults of these kinds, with commas between (default: all)' },
    { flags: '--until-violation', description: 'stop at the first violation' },
    { flags: '--json', description: 'end with one JSON object' },
  ],
  notes,
  operands: { name: 'nothing', max: 0 },
  options: z.object({
    seeds: wholeNumber(1, 100_000_000).optional(),
    seed: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
    faults: kinds.optional(),
    untilViolation: flag,
    json: flag,
  }),
  async run(_operands, { seeds, seed, faults, untilViolation, json }, { terminal, signal }) {
    const report = await runSimulation({
      seeds: seeds ?? (seed === undefined ? 1_000 : 1),
      firstSeed: seed ?? 1,
      ...(faults && { faults }),
      untilViolation,
      signal,
    })
    if (signal.aborted) throw new InterruptedError()
    if (!json) tellCounts(report, terminal)
    const [worst] = report.violations
    if (worst) await tellFailure(report, worst.seed, faults ?? null, terminal)
    if (json) terminal.out(JSON.stringify(report))
    return report.violations.length > 0 ? exitCodes.failed : exitCodes.done
  },
})

function tellCounts({ seeds, seedsPerSecond, violations, faults, states }: SimulationReport, terminal: Terminal): void {
  terminal.out(`${seeds} seeds, ${seedsPerSecond} a second, ${violations.length} with a violation`)
  const told = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  terminal.out(`faults: ${told(faults)}`)
  terminal.out(`states: ${told(states)}`)
}

async function tellFailure(
  { violations }: SimulationReport,
  seed: number,
  faults: readonly FaultKind[] | null,
  terminal: Terminal,
): Promise<void> {
  for (const failed of violations.slice(0, 10)) {
    const [first] = failed.violations
    terminal.err(`seed ${failed.seed}: ${first ?? ''}`)
  }
  const options = faults === null ? '' : ` --faults ${faults.join(',')}`
  terminal.err(`again: npx taskwright simulate --seed ${seed}${options}`)
  const { trace } = await shrink(seed, faults)
  terminal.err(
    `what happened, with all left out that it happens without:\n${trace.map((line) => `  ${line}`).join('\n')}`,
  )
}
