import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { readInputFile } from '../input-file.ts'
import { flag, positiveNumber, wholeNumber } from '../option-values.ts'
import type { ReplayReport } from '../replay-workflow.ts'
import { realTimeSlackMs, replayWorkflow } from '../replay-workflow.ts'
import { parseWorkflow } from '../wfformat.ts'

const notes = `Each task of the workflow is one task of the runtime: its parents are its dependencies, its recorded runtime
is its work, and it holds one slot while it runs. It also holds its recorded demand: cpu, the larger of
coreCount and avgCPU (per cent of one core), in thousandths of a core; and memory, memoryInBytes in MiB.
Each slot comes with the cpu and memory of the largest machine in the file, and no less than its largest
task: what ran there runs here, and only slots are ever short.

Checked, and listed as violations: every task runs once, for its recorded runtime, after all its parents;
nothing is over-committed; and max(criticalPath, work/m) <= makespan <= work/m + (1 - 1/m) * criticalPath on
m slots (Graham 1966). All times are in recorded seconds. In real time each task may end
${realTimeSlackMs} ms late (timers, a busy machine); the upper bound is widened by that, times the speed.

Exit code 0: done; 1: a rule was broken; 2: a bad call or file; 130: interrupted.`

export const replay = defineCommand({
  name: 'replay',
  summary: 'Runs a recorded workflow (WfFormat 1.5) through the runtime',
  usage: '<file> --slots <n> [--speed <x> | --virtual] [--json]',
  flags: [
    { flags: '--slots [n]', description: 'how many one-slot tasks may run at a time' },
    { flags: '--speed [x]', description: 'recorded seconds that pass in one second (default: 1)' },
    { flags: '--virtual', description: 'on virtual time: as fast as the runtime goes, the same every time' },
    { flags: '--json', description: 'print the result as one JSON object' },
  ],
  notes,
  operands: { name: 'a file', max: 1 },
  options: z
    .object({ slots: wholeNumber(1, 10_000), speed: positiveNumber().optional(), virtual: flag, json: flag })
    .refine(({ speed, virtual }) => speed === undefined || !virtual, {
      error: 'give --speed or --virtual, not both',
      // told even if something else is wrong
      when: () => true,
    }),
  async run([file = ''], { slots, speed = 1, virtual, json }, { terminal, signal }) {
    const workflow = parseWorkflow(await readInputFile(file), file)
    const clock = virtual ? 'on virtual time' : `at ${speed} recorded seconds a second`
    if (!json) terminal.out(`${file}: ${workflow.tasks.length} tasks on ${slots} slots, ${clock}`)
    const report = await replayWorkflow(workflow, { slots, speed: virtual ? 'virtual' : speed, signal })
    if (json) terminal.out(JSON.stringify({ file, ...report }))
    else for (const line of describe(report)) terminal.out(line)
    for (const violation of report.violations) terminal.err(`taskwright replay: ${violation}`)
    return report.violations.length > 0 ? exitCodes.failed : exitCodes.done
  },
})

function describe(report: ReplayReport): string[] {
  return [
    `  completed      ${report.completed}`,
    `  most held      ${report.maxHeld} slots`,
    `  makespan       ${report.makespanS} s`,
    `  critical path  ${report.criticalPathS} s`,
    `  work           ${report.workS} s`,
    `  violations     ${report.violations.length}`,
  ]
}
