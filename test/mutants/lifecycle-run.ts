import { Worker } from 'node:worker_threads'
import type { MutationReport } from '../../src/testing/mutation/gather-verdicts.ts'
import { gatherVerdicts } from '../../src/testing/mutation/gather-verdicts.ts'
import { loadTasksModule } from '../../src/testing/tasks-module.ts'

/**
 * Plants faults in our own machines and in the definitions of `examples/lifecycle`, and tells which the generated tests
 * miss. Exit code 0: at least 95 % are found of each; 1: fewer.
 */
const wantedPercent = 95

const { signal } = new AbortController()
const worker = (file: string, data: object) => (from: number) =>
  new Worker(new URL(file, import.meta.url), {
    workerData: { ...data, from },
    execArgv: ['--conditions=source'],
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
  })

const onVerdict = (what: string, { form }: { form: string }, index: number, total: number) => {
  if (form === 'survived') process.stderr.write(`  ${index + 1}/${total} survived: ${what}\n`)
}

const reports: MutationReport[] = []
for (const machine of process.argv[2] ? [process.argv[2]] : ['task', 'supervisor'])
  reports.push(
    await gatherVerdicts(worker('./own-machines-worker.ts', { machine }), {
      signal,
      hangMs: machine === 'supervisor' ? 5_000 : 30_000,
      onVerdict,
    }),
  )
for (const name of process.argv[2] ? [] : ['payment', 'purchase-order', 'media-scanner', 'trip']) {
  const { path, definitions } = await loadTasksModule(`examples/lifecycle/${name}.ts`)
  for (const definition of definitions) {
    const start = worker('../../src/cli/lifecycle/mutant-worker.ts', { path, name: definition.name })
    reports.push(await gatherVerdicts(start, { signal, onVerdict }))
  }
}

process.stdout.write('| what | faults | found | share | proven to change nothing |\n| --- | --- | --- | --- | --- |\n')
for (const { definition, mutants, killed, equivalent } of reports) {
  const share = ((100 * killed) / mutants).toFixed(1)
  process.stdout.write(`| ${definition} | ${mutants} | ${killed} | ${share} % | ${equivalent} |\n`)
}
for (const { definition, survivors } of reports)
  for (const { kind, what, why } of survivors) process.stdout.write(`${definition}: ${kind}: ${what}: ${why}\n`)
process.exitCode = reports.every(({ mutants, killed }) => 100 * killed >= wantedPercent * mutants) ? 0 : 1
