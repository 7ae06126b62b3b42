import { Command } from 'commander'
import type { z } from 'zod'
import type { ExitCode } from './command-error.ts'
import { CommandError } from './command-error.ts'
import type { Terminal } from './terminal.ts'

/** What a command's work is given. `signal` is aborted when the person wants it to stop. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/**
 * One command of `taskwright`. Values are declared optional to commander (`--slots [n]`) and checked by `options`,
 * so that everything wrong with a call is told at once.
 */
export interface CommandSpec<Options extends z.ZodObject> {
  readonly name: string
  readonly summary: string
  /** What follows the name in the usage line. */
  readonly usage: string
  readonly flags: readonly { readonly flags: string; readonly description: string }[]
  readonly notes: string
  /** One at least, unless `isOptional`. */
  readonly operands: { readonly name: string; readonly max: number; readonly isOptional?: boolean }
  readonly options: Options
  run(operands: readonly string[], options: z.output<Options>, context: CommandContext): Promise<ExitCode>
}

/** A command ready to be added to the program: `settle` is told the exit code. */
export type CommandMaker = (context: CommandContext, settle: (code: ExitCode) => void) => Command

/** @throws (when run) CommandError `USAGE`, with every problem of the call */
export function defineCommand<Options extends z.ZodObject>(spec: CommandSpec<Options>): CommandMaker {
  return (context, settle) => {
    const command = new Command(spec.name)
      .summary(spec.summary)
      .description(spec.summary)
      .usage(spec.usage)
      .allowUnknownOption()
      .allowExcessArguments()
      .configureHelp({ optionTerm: ({ flags }) => flags.replace(/\[(.+)\]$/, '<$1>') })
      .addHelpText('after', `\n${spec.notes}`)
    for (const { flags, description } of spec.flags) command.option(flags, description)
    return command.action(async () => {
      const { operands, options } = readCall(spec, command)
      settle(await spec.run(operands, options, context))
    })
  }
}

function readCall<Options extends z.ZodObject>(spec: CommandSpec<Options>, command: Command) {
  // commander leaves options it does not know among the operands
  const unknown = command.args.filter((text) => /^-./.test(text))
  const operands = command.args.filter((text) => !/^-./.test(text))
  const problems = unknown.map((text) => `unknown option ${JSON.stringify(text)}`)
  const { max, isOptional = max === 0 } = spec.operands
  if (operands.length === 0 && !isOptional) problems.push(`${spec.operands.name} is required`)
  for (const text of operands.slice(spec.operands.max))
    problems.push(`${JSON.stringify(text)} is one argument too many`)
  const read = spec.options.safeParse(command.opts())
  for (const { path, message } of read.error?.issues ?? []) {
    problems.push(path.length > 0 ? `--${asTyped(String(path[0]))} ${message}` : message)
  }
  if (!read.success || problems.length > 0) {
    throw new CommandError('USAGE', `${pathOf(command)} --help tells how it is called`, problems)
  }
  return { operands, options: read.data }
}

/** `retain-for`, which commander calls `retainFor`. */
function asTyped(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** As it is typed: `taskwright store check`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}
