import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext, TaskDefinition } from 'taskwright'
import { defineTask, NonRetryableError, sequence } from 'taskwright'
import { z } from 'zod'
import type { EffectsFile } from './effects-file.ts'

const anything = z.unknown()
const backoff = { backoff: 5, maxBackoff: 20 }

/** A step with an effect in the world outside, which can tell whether it has seen an undo before. */
function effect(effects: EffectsFile, task: TaskContext, name: string): Promise<string> {
  const takeBack = (key: string, inDoubt: boolean) => {
    if (inDoubt && effects.has('undo', key)) return
    if (effects.has('run', key)) effects.append('undo', key, inDoubt)
  }
  const working = task.step(
    name,
    async ({ idempotencyKey, inDoubt }) => {
      effects.append('run', idempotencyKey, inDoubt)
      await sleep(task.random() * 4)
      return idempotencyKey
    },
    {
      undo: (key, { inDoubt }) => takeBack(key, inDoubt),
      undoInDoubt: ({ idempotencyKey }) => takeBack(idempotencyKey, true),
    },
  )
  return working.then((key) => {
    if (!effects.has('finished', key)) effects.append('finished', key, false)
    return key
  })
}

async function threeEffects(effects: EffectsFile, task: TaskContext): Promise<number> {
  for (const name of ['first', 'second', 'third']) await effect(effects, task, name)
  return 3
}

/** What the processes that are killed work at. */
export function loadOf(effects: EffectsFile): TaskDefinition[] {
  const plain = defineTask({
    type: 'plain',
    kind: 'processing',
    input: z.number(),
    retry: { attempts: 2, ...backoff },
    run: async (task, n) => {
      await sleep(task.random() * 5)
      return n * 2
    },
  })
  const stepping = defineTask({
    type: 'stepping',
    kind: 'integration',
    input: anything,
    retry: { attempts: 2, ...backoff },
    run: (task) => threeEffects(effects, task),
  })
  const doomed = defineTask({
    type: 'doomed',
    kind: 'integration',
    input: anything,
    retry: { attempts: 2, ...backoff },
    rollbackRetry: { attempts: 3, backoff: 2 },
    run: async (task) => {
      await threeEffects(effects, task)
      throw new NonRetryableError('doomed')
    },
  })
  const flaky = defineTask({
    type: 'flaky',
    kind: 'integration',
    input: anything,
    retry: { attempts: 4, ...backoff },
    run: async (task) => {
      const key = await effect(effects, task, 'once')
      if (task.attempt < 3) throw new Error('not yet')
      return key
    },
  })
  const flow = sequence({ type: 'flow', members: [stepping, flaky] })
  const doomedFlow = sequence({ type: 'doomed-flow', members: [stepping, doomed] })
  return [plain, stepping, doomed, flaky, flow, doomedFlow]
}
