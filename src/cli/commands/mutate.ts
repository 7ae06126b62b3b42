import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { LifecycleError } from '../../testing/lifecycle/lifecycle-error.ts'
import type { MutationReport } from '../../testing/mutation/gather-verdicts.ts'
import { gatherVerdicts } from '../../testing/mutation/gather-verdicts.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, InterruptedError } from '../command-error.ts'
import { unusable } from '../input-file.ts'
import { chosenDefinitions } from '../lifecycle/chosen-definitions.ts'
import { flag, names, percent } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

const notes = `Plants one fault at a time in each task definition that the module exports, and walks the generated paths of the
definition on it: a path that fails has found it. Faults are
  in the machine that is its handler: a transition dropped, retargeted or answered in a second state, targets swapped, a
  guard negated or dropped, an action, entry or exit action dropped, an invocation dropped, a delay, the initial state
  in a handler that is a function, and in its children: an undo, a step, a question or a sleep left out, a step done twice,
  failures final that could be retried, another output
  in the definition: no timeout, no heartbeat, other attempts, no validation, no check of the output, no demand, no rollback
What survives is told, with what is known of why. A fault that makes a task hang is found by its time.

Samples are told by the module: export const lifecycle = { [type]: { inputs: […], events: […], services, answer, check } }

Exit code 0: enough are found; 1: fewer than --threshold percent; 2: a bad call or module; 130: interrupted.`

export const mutate = defineCommand({
  name: 'mutate',
  summary: 'Plants faults in the tasks that a module exports, and tells which the generated tests miss',
  usage: '<module> [--only <names>] [--threshold <percent>] [--json]',
  flags: [
    { flags: '--only [names]', description: 'only these definitions, by type or export, with commas between' },
    { flags: '--threshold [percent]', description: 'least share that must be found (default: 95)' },
    { flags: '--json', description: 'print the result as one JSON object' },
  ],
  notes,
  operands: { name: 'a module', max: 1 },
  options: z.object({ only: names.optional(), threshold: percent.optional(), json: flag }),
  async run([module = ''], { only = [], threshold = 95, json }, { terminal, signal }) {
    const path = resolve(module)
    const reports: MutationReport[] = []
    for (const { name, definition } of await chosenDefinitions(path, only)) {
      const report = await plantIn(path, name, signal)
      if (signal.aborted) throw new InterruptedError()
      reports.push({ ...report, definition: definition.type })
      if (!json) tell({ ...report, definition: definition.type }, terminal)
    }
    const mutants = reports.reduce((sum, report) => sum + report.mutants, 0)
    const killed = reports.reduce((sum, report) => sum + report.killed, 0)
    const survivors = reports.flatMap((report) =>
      report.survivors.map((one) => ({ definition: report.definition, ...one })),
    )
    if (json) terminal.out(JSON.stringify({ mutants, killed, survivors, definitions: reports.map(withoutSurvivors) }))
    else if (reports.length > 1) terminal.out(`${killed} of ${mutants} found, ${share(killed, mutants)}`)
    return 100 * killed < threshold * mutants ? exitCodes.failed : exitCodes.done
  },
})

async function plantIn(path: string, name: string, signal: AbortSignal): Promise<MutationReport> {
  const file = import.meta.url.endsWith('.ts') ? '../lifecycle/mutant-worker.ts' : '../lifecycle/mutant-worker.js'
  const start = (from: number) => new Worker(new URL(file, import.meta.url), { workerData: { path, name, from } })
  return gatherVerdicts(start, { signal }).catch((thrown: unknown) => {
    throw thrown instanceof LifecycleError ? unusable(path, thrown.problems) : thrown
  })
}

function withoutSurvivors({ survivors, ...report }: MutationReport) {
  return { ...report, survived: survivors.length }
}

function share(killed: number, mutants: number): string {
  return mutants === 0 ? 'nothing to plant' : `${((100 * killed) / mutants).toFixed(1)} %`
}

function tell(report: MutationReport, terminal: Terminal): void {
  const { definition, mutants, killed, survivors, stillborn, equivalent, paths, elapsedMs } = report
  const seconds = (elapsedMs / 1_000).toFixed(1)
  terminal.out(
    `${definition}: ${killed} of ${mutants} faults found, ${share(killed, mutants)}, by ${paths} paths in ${seconds} s`,
  )
  if (stillborn > 0) terminal.out(`  ${stillborn} more could not be run at all`)
  if (equivalent > 0) terminal.out(`  ${equivalent} more are proven to change nothing`)
  for (const { kind, what, why } of survivors) terminal.out(`  survived: ${kind}: ${what}\n    ${why}`)
}
