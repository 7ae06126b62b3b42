import type { MessagePort } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { LifecycleError } from '../lifecycle/lifecycle-error.ts'
import type { PathSuite, Verdict } from './judge.ts'
import { Judge } from './judge.ts'
import type { Mutant } from './mutant.ts'

/** What the thread that judges says. */
export type VerdictMessage =
  | { readonly form: 'begun'; readonly definition: string; readonly paths: number; readonly mutants: number }
  | { readonly form: 'judging'; readonly index: number; readonly what: string }
  | { readonly form: 'judged'; readonly index: number; readonly what: string; readonly verdict: Verdict }
  | { readonly form: 'done' }
  | { readonly form: 'failed'; readonly problems: readonly string[] }

/** Judges faults in a thread of their own: one that never lets go is ended with it. @param from the first to judge */
export async function serveVerdicts(
  port: MessagePort,
  from: number,
  plan: () => Promise<{ readonly suite: PathSuite; readonly mutants: readonly Mutant[] }>,
): Promise<void> {
  const say = (message: VerdictMessage) => port.postMessage(message)
  try {
    const { suite, mutants } = await plan()
    const judge = await Judge.of(suite)
    say({ form: 'begun', definition: suite.definition.type, paths: suite.paths, mutants: mutants.length })
    for (const [index, mutant] of mutants.entries()) {
      if (index < from) continue
      say({ form: 'judging', index, what: mutant.what })
      say({ form: 'judged', index, what: mutant.what, verdict: await judge.judge(mutant) })
    }
    say({ form: 'done' })
  } catch (thrown) {
    const problems = thrown instanceof LifecycleError ? [thrown.message] : [describeThrown(thrown)]
    say({ form: 'failed', problems })
  }
}
