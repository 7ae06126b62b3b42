import { defineTask } from 'taskwright'
import { describeLifecycle } from 'taskwright/testing'
import { z } from 'zod'

const echo = defineTask({
  type: 'echo',
  kind: 'processing',
  input: z.string(),
  output: z.string(),
  run: (_, text) => text,
})

describeLifecycle(echo, { inputs: ['hello'] })
