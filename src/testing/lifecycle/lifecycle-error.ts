import { TaskwrightError } from '../../model/errors.ts'

/** Something on a path was not as it must be, or the path could not be walked. `problems`: one sentence each. */
export class LifecycleError extends TaskwrightError<'LIFECYCLE_BROKEN' | 'LIFECYCLE_STUCK' | 'LIFECYCLE_UNFIT'> {
  readonly problems: readonly string[]

  constructor(
    code: 'LIFECYCLE_BROKEN' | 'LIFECYCLE_STUCK' | 'LIFECYCLE_UNFIT',
    subject: string,
    problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(code, [subject, ...problems.map((problem) => `  - ${problem}`)].join('\n'), options)
    this.problems = problems
  }
}
