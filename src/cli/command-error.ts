import { TaskwrightError } from '../model/errors.ts'

/** What the process answers: done; the work failed or broke a rule; the call or its input was bad; interrupted. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const shownProblems = 20

/**
 * The command cannot do what it was asked: `USAGE` for its options, `FILE_INVALID` for a file it was given.
 * `problems` lists every one found, one sentence each; the message shows the first 20.
 */
export class CommandError extends TaskwrightError<'USAGE' | 'FILE_INVALID'> {
  readonly problems: readonly string[]

  constructor(code: 'USAGE' | 'FILE_INVALID', subject: string, problems: readonly string[], options?: ErrorOptions) {
    const more = problems.length - shownProblems
    const lines = problems.slice(0, shownProblems).map((problem) => `\n  - ${problem}`)
    super(code, `${subject}:${lines.join('')}${more > 0 ? `\n  … and ${more} more` : ''}`, options)
    this.problems = problems
  }
}

/** The person stopped the command (Ctrl-C). */
export class InterruptedError extends TaskwrightError<'INTERRUPTED'> {
  constructor() {
    super('INTERRUPTED', 'interrupted; what ran was cancelled')
  }
}

/** A name from a file, quoted and short enough for a message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name)
}
