import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'

const summarise = defineTask({
  type: 'summarise',
  kind: 'analysis',
  input: z.object({ text: z.string() }),
  output: z.object({ summary: z.string() }),
  demand: ({ text }) => ({ slots: 1, tokens: Math.ceil(text.length / 4) }),
  retry: { attempts: 3, backoff: '200ms' },
  async run(task, { text }) {
    const summary = await task.step('draft', () => text.split('.')[0] ?? '', {
      undo: () => task.log.info('draft discarded'),
    })
    return { summary }
  },
})

const runtime = await createRuntime({
  store: 'file:tasks.db',
  tasks: [summarise],
  pools: { default: { slots: 8 }, llm: { tokens: { rate: 90_000, per: 'minute' } } },
})
runtime.on('task.*', (event) => console.log(event.type))
const handle = await runtime.submit(summarise, { text: 'Tasks are actors. Actors talk by messages.' })
console.log(await handle.result())
await runtime.stop()
