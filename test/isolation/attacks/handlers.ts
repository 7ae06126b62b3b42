import type { IsolatedTask } from '../../../src/index.ts'
import type { Target } from './attacks.ts'
import { attacks } from './attacks.ts'

/** The handler of all attacks at the levels that run files: its input names the one. */
export async function attacker(task: IsolatedTask, input: { name: string; target: Target }): Promise<unknown> {
  const attack = attacks.find(({ name }) => name === input.name)
  if (!attack) throw new Error(`no attack ${input.name}`)
  return attack.attack(task, input.target)
}
