import { defineTask, NonRetryableError } from 'taskwright'
import { z } from 'zod'

/** A definition whose tasks can come by everything that the statechart has. */
export const watched = defineTask({
  type: 'watched',
  kind: 'processing',
  input: z.string(),
  output: z.string().trim(),
  demand: { slots: 1 },
  timeout: '10s',
  heartbeat: '1s',
  grace: 100,
  retry: { attempts: 2, backoff: 10, jitter: false },
  rollbackRetry: { attempts: 1 },
  validate: (text) => text !== '' || 'empty',
  async run(task, text) {
    await task.step('first', () => 1, { undo: () => undefined })
    await task.step('second', () => 2, { undo: () => undefined })
    if (text === 'never') throw new NonRetryableError('never')
    // What the output's schema makes of it is another text.
    return `${text} `
  },
})
