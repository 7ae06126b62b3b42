import { pino } from 'pino'
import { createRuntime, defineTask, secret } from 'taskwright'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { serveInspector } from '../../src/inspector/index.ts'

const pin = 'open-sesame-4711'
const known = 'known-to-the-host'

/** Tells its secrets in all that the API shows of a task. */
const leaky = defineTask({
  type: 'leaky',
  kind: 'processing',
  input: z.object({ pin: secret() }),
  output: z.object({ own: secret(), said: z.string(), deep: z.array(z.record(z.string(), z.string())) }),
  async run(task, input) {
    task.log.info(`${input.pin} ${known}`, { pin: input.pin })
    task.progress(0.5, `${input.pin} ${known}`)
    const answer = await task.ask(z.string(), `${input.pin} ${known} 987-65-4321?`)
    return { own: 'of-the-output', said: `${answer} ${input.pin}`, deep: [{ a: `x${known}x`, password: 'hunter22' }] }
  },
})

it('shows no secret: in lists, details, outputs, questions, events', async () => {
  const runtime = await createRuntime({
    tasks: [leaky],
    secrets: { values: [known], patterns: [/\d{3}-\d{2}-\d{4}/] },
    logger: pino({ level: 'silent' }),
  })
  const inspector = await serveInspector(runtime)
  onTestFinished(async () => {
    await inspector.close()
    await runtime.stop({ grace: 0 })
  })
  const read = async (path: string) => (await fetch(new URL(`/api/v1/${path}`, inspector.url))).text()
  const handle = await runtime.submit(leaky, { pin }, { labels: { note: pin } })
  while (handle.questions().length === 0) await new Promise((resolve) => setImmediate(resolve))
  const asked = (await Promise.all(['tasks', 'questions', `tasks/${handle.id}`].map(read))).join('\n')
  expect(asked).toContain('[redacted]')
  await handle.answer('it is 987-65-4321')
  await handle.result()
  const ended = (await Promise.all(['tasks', 'stats', `tasks/${handle.id}`].map(read))).join('\n')
  for (const hidden of [pin, known, '987-65', 'of-the-output', 'hunter22']) expect(asked + ended).not.toContain(hidden)
  expect(JSON.parse(await read(`tasks/${handle.id}`))).toMatchObject({
    task: { output: { own: '[redacted]', said: 'it is [redacted] [redacted]' } },
  })
})
