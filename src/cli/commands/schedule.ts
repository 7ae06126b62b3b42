import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { CommandError, exitCodes } from '../command-error.ts'
import { readInputFile } from '../input-file.ts'
import { flag, oneOf } from '../option-values.ts'
import type { Project } from '../project.ts'
import { parsePsplib } from '../psplib.ts'
import { policies, scheduleProject } from '../schedule-project.ts'

const notes = `Each job is one task of the runtime: its predecessors are its dependencies, its duration is its work, and it
holds what it requests of the reusable resources while it runs. Whenever jobs end, the jobs that are ready
are gone through in order, and each that fits is started (the parallel schedule-generation scheme):
  longest-path  longest path to the sink first; of equals the one with the most successors (the default)
  fifo          in the order of job numbers

Checked, and listed as violations: every job runs once, for its duration, after all its predecessors, and
no resource is over-committed at any instant. The makespan is in the periods of the instance.
With several files nothing is run unless all can be read.

Exit code 0: done; 1: a rule was broken; 2: a bad call or file; 130: interrupted.`

export const schedule = defineCommand({
  name: 'schedule',
  summary: 'Runs resource-constrained projects (PSPLIB .sm files) through the runtime, on virtual time',
  usage: '<file>... [--policy longest-path|fifo] [--json]',
  flags: [
    { flags: '--policy [name]', description: 'longest-path or fifo (default: longest-path)' },
    { flags: '--json', description: 'print one JSON object a file, each on a line' },
  ],
  notes,
  operands: { name: 'a file', max: Infinity },
  options: z.object({ policy: oneOf(policies).default('longest-path'), json: flag }),
  async run(files, { policy, json }, { terminal, signal }) {
    const projects = await readAll(files)
    let broken = 0
    for (const { file, project } of projects) {
      const report = await scheduleProject(project, policy, signal)
      if (json) terminal.out(JSON.stringify({ file, ...report }))
      else terminal.out(`${file}: makespan ${report.makespan}, violations ${report.violations.length}`)
      for (const violation of report.violations) terminal.err(`taskwright schedule: ${file}: ${violation}`)
      broken += report.violations.length
    }
    return broken > 0 ? exitCodes.failed : exitCodes.done
  },
})

async function readAll(files: readonly string[]): Promise<{ file: string; project: Project }[]> {
  const projects: { file: string; project: Project }[] = []
  const problems: string[] = []
  for (const file of files) {
    try {
      projects.push({ file, project: parsePsplib(await readInputFile(file), file) })
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      problems.push(...error.problems.map((problem) => `${file}: ${problem}`))
    }
  }
  if (problems.length > 0) throw new CommandError('FILE_INVALID', 'nothing was scheduled', problems)
  return projects
}
