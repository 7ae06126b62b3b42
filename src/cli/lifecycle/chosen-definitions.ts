import { LifecycleError } from '../../testing/lifecycle/lifecycle-error.ts'
import type { ExportedDefinition } from '../../testing/tasks-module.ts'
import { loadTasksModule } from '../../testing/tasks-module.ts'
import { CommandError } from '../command-error.ts'
import { unusable } from '../input-file.ts'

/**
 * The definitions that a module exports, or those of them that are named.
 * @param only types or names of exports; empty: all
 * @throws CommandError `FILE_INVALID` for a module that cannot be used, `USAGE` for a name that it does not have
 */
export async function chosenDefinitions(path: string, only: readonly string[]): Promise<readonly ExportedDefinition[]> {
  const { definitions } = await loadTasksModule(path).catch((thrown: unknown) => {
    throw thrown instanceof LifecycleError ? unusable(path, thrown.problems) : thrown
  })
  const isNamed = ({ name, definition }: ExportedDefinition, text: string) => text === name || text === definition.type
  const unknown = only.filter((text) => !definitions.some((one) => isNamed(one, text)))
  if (unknown.length > 0) {
    const names = definitions.map(({ name }) => name).join(', ')
    const problems = unknown.map((text) => `--only ${JSON.stringify(text)}: ${path} exports no such definition`)
    throw new CommandError('USAGE', `it exports ${names}`, problems)
  }
  return only.length === 0 ? definitions : definitions.filter((one) => only.some((text) => isNamed(one, text)))
}
