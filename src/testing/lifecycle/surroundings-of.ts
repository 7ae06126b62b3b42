import { ownMachines } from '../../machines/machines.ts'
import type { TaskDefinition } from '../../model/definition.ts'
import type { LifecycleOptions } from './lifecycle-options.ts'
import { kitQuestion } from './piloted-task.ts'
import { Patience } from './real-time.ts'
import { sampleOf } from './samples.ts'
import type { Surroundings } from './surroundings.ts'

/** What the paths of a definition are walked in. @param subject what runs on them */
export function surroundingsOf(subject: TaskDefinition, options: LifecycleOptions): Surroundings {
  const { seed = 1, runtime = {}, services, check, answer } = options
  return {
    subject,
    machines: { ...ownMachines, ...runtime.machines },
    pools: runtime.pools ?? {},
    seed,
    patience: new Patience(),
    makeServices: () => services?.(),
    check: (at) => check?.(at),
    answerTo: async (question) => {
      const { prompt, schema } = question
      if (prompt === kitQuestion) return 'yes'
      const given = await answer?.(question)
      return given ?? sampleOf(schema, seed, `an answer to "${prompt}"`, 'give the option `answer`')
    },
  }
}
