import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { createRuntime, defineTask } from '../../src/index.ts'
import type { Inspector, InspectorOptions } from '../../src/inspector/index.ts'
import { serveInspector } from '../../src/inspector/index.ts'

/** Waits until it is cancelled, answered or told to fail. */
export const sample = defineTask({
  type: 'sample',
  kind: 'processing',
  input: z.object({ what: z.enum(['wait', 'ask', 'fail', 'end']) }),
  output: z.string(),
  async run(task, { what }) {
    if (what === 'fail') throw new Error('as it was told')
    if (what === 'ask') return `it said ${await task.ask(z.boolean(), 'go on?')}`
    if (what === 'wait') await task.sleep('1h')
    return what
  },
})

export const token = 'a-token-for-tests'

/** A real runtime with a real server on a free port; both end with the test. */
export async function serveSample(options: InspectorOptions = {}, slots = 8) {
  const runtime = await createRuntime({ tasks: [sample], pools: { default: { slots } } })
  const inspector = await serveInspector(runtime, { token, ...options })
  onTestFinished(async () => {
    await inspector.close()
    await runtime.stop({ grace: 100 })
  })
  return { runtime, inspector, call: (path: string, init?: RequestInit) => fetch(new URL(path, inspector.url), init) }
}

/** Sends a command as an operator does. */
export async function command(inspector: Inspector, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL('/api/v1/commands', inspector.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer: unknown = await response.json()
  return { status: response.status, answer }
}
