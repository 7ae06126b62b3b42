import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { describeThrown } from '../model/errors.ts'
import type { CommandContext, CommandMaker } from './command.ts'
import type { ExitCode } from './command-error.ts'
import { CommandError, exitCodes, InterruptedError } from './command-error.ts'
import { audit } from './commands/audit.ts'
import { coverage } from './commands/coverage.ts'
import { generateTests } from './commands/generate-tests.ts'
import { inspect } from './commands/inspect.ts'
import { mutate } from './commands/mutate.ts'
import { replay } from './commands/replay.ts'
import { schedule } from './commands/schedule.ts'
import { simulate } from './commands/simulate.ts'
import { stats } from './commands/stats.ts'
import { store } from './commands/store.ts'
import { tasks } from './commands/tasks.ts'
import { watch } from './commands/watch.ts'

const commands: readonly CommandMaker[] = [
  audit,
  coverage,
  generateTests,
  inspect,
  mutate,
  replay,
  schedule,
  simulate,
  stats,
  store,
  tasks,
  watch,
]

/** Runs `taskwright` with the arguments behind its name. Never rejects: what goes wrong is told on `err`. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const output = {
    writeOut: (text: string) => context.terminal.out(text.trimEnd()),
    writeErr: (text: string) => context.terminal.err(text.trimEnd()),
  }
  const program = new Command('taskwright')
    .description('Runs and watches tasks of the Taskwright runtime.')
    .usage('<command> [options]')
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(taskwright --help lists the commands)')
    .exitOverride()
    .configureOutput(output)
  for (const make of commands) {
    const command = make(context, (settled) => {
      code = settled
    })
    for (const inner of command.commands) inner.exitOverride().configureOutput(output)
    program.addCommand(command.exitOverride().configureOutput(output))
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput
    context.terminal.err(`taskwright: ${describeThrown(error)}`)
    if (error instanceof CommandError) return exitCodes.badInput
    return error instanceof InterruptedError ? exitCodes.interrupted : exitCodes.failed
  }
}

/** Two folders up from src/cli and from dist/cli alike. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
