import { defineTask } from 'taskwright'
import { z } from 'zod'

/** Gives back what it is given, as the result of a step. */
const echo = defineTask({
  type: 'echo',
  kind: 'processing',
  input: z.object({ number: z.number(), text: z.string() }),
  run: (task, { number }) => task.step('only', () => number),
})

export const tasks = [echo]
