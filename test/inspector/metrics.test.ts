import { defineTask } from 'taskwright'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { sample, serveSample } from './served.ts'

async function scraped(call: (path: string) => Promise<Response>) {
  const response = await call('/metrics')
  return { type: response.headers.get('content-type') ?? '', text: await response.text() }
}

it('tells Prometheus what the runtime counts', async () => {
  const { runtime, call } = await serveSample({}, 4)
  await (await runtime.submit(sample, { what: 'end' })).outcome()
  await (await runtime.submit(sample, { what: 'fail' })).outcome()
  const { type, text } = await scraped(call)
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/)
  for (const line of [
    'taskwright_supervisor_state{state="running"} 1',
    'taskwright_supervisor_state{state="paused"} 0',
    'taskwright_tasks{stage="completed"} 1',
    'taskwright_tasks_ended_total{type="sample",status="completed"} 1',
    'taskwright_tasks_ended_total{type="sample",status="failed"} 1',
    'taskwright_task_failures_total{code="HANDLER_FAILED"} 1',
    'taskwright_attempts_total{type="sample"} 2',
    'taskwright_resource_capacity{pool="default",resource="slots"} 4',
    '# TYPE taskwright_tasks_ended_total counter',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).toMatch(/^taskwright_run_seconds\{type="sample",quantile="0.99"\} \d/m)
})

it('reads the same twice: counters do not grow by being read', async () => {
  const { runtime, call } = await serveSample()
  await (await runtime.submit(sample, { what: 'end' })).outcome()
  const [one, other] = await Promise.all([scraped(call), scraped(call)])
  expect(other.text).toBe(one.text)
})

it('has no more labels than the host has registered types, and none for who submits', async () => {
  const { runtime, call } = await serveSample()
  for (let number = 0; number < 50; number += 1) {
    const made = defineTask({ type: `made-${number}`, kind: 'processing', input: z.null(), run: () => null })
    await (await runtime.submit(made, null, { principal: `somebody-${number}` })).outcome()
  }
  const { text } = await scraped(call)
  expect(text).toContain('taskwright_tasks_ended_total{type="(unregistered)",status="completed"} 50')
  expect(text).not.toContain('made-')
  expect(text).not.toContain('somebody')
})
