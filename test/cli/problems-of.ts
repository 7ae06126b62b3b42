import { CommandError } from '../../src/cli/command-error.ts'

/** The problems of the CommandError that the call must end in. */
export async function problemsOf(call: () => unknown): Promise<readonly string[]> {
  try {
    await call()
  } catch (error) {
    if (error instanceof CommandError) return error.problems
    throw error
  }
  throw new Error('the call was expected to be refused')
}
