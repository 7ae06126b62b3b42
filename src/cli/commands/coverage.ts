import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { describeThrown } from '../../model/errors.ts'
import { coverageHtml } from '../../testing/lifecycle/coverage-html.ts'
import type { CoverageReport } from '../../testing/lifecycle/coverage-report.ts'
import { thresholdProblems } from '../../testing/lifecycle/coverage-report.ts'
import { coverageText } from '../../testing/lifecycle/coverage-text.ts'
import { lifecycleCases } from '../../testing/lifecycle/lifecycle-cases.ts'
import type { CoverageGoal } from '../../testing/lifecycle/lifecycle-options.ts'
import { defineCommand } from '../command.ts'
import { CommandError, exitCodes, InterruptedError } from '../command-error.ts'
import { chosenDefinitions } from '../lifecycle/chosen-definitions.ts'
import { flag, names, oneOf, percent, wholeNumber } from '../option-values.ts'

const notes = `Walks the whole life of each task definition that the module exports, on virtual time, and tells what was come by:
states, transitions, guards each way, and pairs of a stage and a message (or of a point of the handler and a fault), of the
life that every task has and of the handler. What cannot be reached is told with why; what a limit has cut off, too.

--goal  exhaustive: every transition, and every pair of a stage and an event that cuts across (default); shortest: a path to
every state; simple: every path that visits no state twice; pairs, triples: of transitions that follow each other.

Exit code 0: every path holds, and the threshold is met; 1: not; 2: a bad call or module; 130: interrupted.`

const goals: Readonly<Record<'exhaustive' | 'shortest' | 'simple' | 'pairs' | 'triples', CoverageGoal>> = {
  exhaustive: 'exhaustive',
  shortest: 'shortest',
  simple: 'simple',
  pairs: { nSwitch: 1 },
  triples: { nSwitch: 2 },
}
const goalNames = ['exhaustive', 'shortest', 'simple', 'pairs', 'triples'] as const

export const coverage = defineCommand({
  name: 'coverage',
  summary: 'Walks the tasks that a module exports through their lives, and prints what was covered',
  usage: '<module> [--only <names>] [--goal <goal>] [--limit <n>] [--threshold <percent>] [--html <file>] [--json]',
  flags: [
    { flags: '--only [names]', description: 'only these definitions, by type or export, with commas between' },
    { flags: '--goal [goal]', description: `${goalNames.join(', ')}` },
    { flags: '--limit [n]', description: 'how many paths there may be for one definition (default: 5000)' },
    { flags: '--threshold [percent]', description: 'least share of what can be reached, of each kind (default: 0)' },
    { flags: '--html [file]', description: 'write the statecharts, coloured by coverage, as one page' },
    { flags: '--json', description: 'print the reports as one JSON array' },
  ],
  notes,
  operands: { name: 'a module', max: 1 },
  options: z.object({
    only: names.optional(),
    goal: oneOf(goalNames).optional(),
    limit: wholeNumber(1, 1_000_000).optional(),
    threshold: percent.optional(),
    html: z.string({ error: 'must be a file; its value is missing' }).min(1).optional(),
    json: flag,
  }),
  async run([module = ''], { only = [], goal, limit, threshold = 0, html, json }, { terminal, signal }) {
    const chosen = await chosenDefinitions(resolve(module), only)
    if (html !== undefined && chosen.length > 1)
      throw new CommandError('USAGE', 'one page is for one definition', [
        `--html needs --only with one of ${chosen.map(({ name }) => name).join(', ')}`,
      ])
    const reports: CoverageReport[] = []
    const problems: string[] = []
    for (const { definition, samples } of chosen) {
      const options = { ...samples, ...(goal && { coverage: goals[goal] }), ...(limit && { limit }) }
      const suite = await lifecycleCases(definition, options)
      for (const { name, run } of suite) {
        if (signal.aborted) throw new InterruptedError()
        await run().catch((thrown: unknown) => problems.push(`${definition.type}: ${name}: ${describeThrown(thrown)}`))
      }
      const report = suite.coverage()
      reports.push(report)
      if (!json) terminal.out(coverageText(report))
      const wanted = { states: threshold, transitions: threshold, guards: threshold, pairs: threshold }
      problems.push(...thresholdProblems(report, wanted).map((problem) => `${definition.type}: ${problem}`))
    }
    const [first] = reports
    if (html !== undefined && first) await writeFile(html, coverageHtml(first))
    if (json) terminal.out(JSON.stringify(reports))
    for (const problem of problems) terminal.err(problem)
    return problems.length > 0 ? exitCodes.failed : exitCodes.done
  },
})
