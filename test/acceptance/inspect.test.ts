import { createInspector } from '@statelyai/inspect'
import { createRuntime, createVirtualEnvironment, defineTask } from 'taskwright'
import { expect, test } from 'vitest'
import { z } from 'zod'

test("XState's inspector, in its authors' version for XState 5, sees the supervisor and every task", async () => {
  const seen: { type: string; name: string }[] = []
  const { inspect } = createInspector({
    start: () => undefined,
    stop: () => undefined,
    send: (event) => {
      if (event.type === '@xstate.actor') seen.push({ type: event.type, name: event.name ?? '' })
      if (event.type === '@xstate.snapshot') seen.push({ type: event.type, name: event.sessionId })
    },
  })
  const environment = createVirtualEnvironment()
  const runtime = await createRuntime({ environment, inspect })
  const greet = defineTask({ type: 'greet', kind: 'analysis', input: z.string(), run: (_, name) => `hello ${name}` })
  const handle = await runtime.submit(greet, 'you')
  await environment.run(handle.result())
  await environment.run(runtime.stop())
  const actors = seen.filter(({ type }) => type === '@xstate.actor').map(({ name }) => name)
  expect(actors).toEqual(['supervisor', handle.id])
  expect(seen.filter(({ type }) => type === '@xstate.snapshot').length).toBeGreaterThan(8)
})
