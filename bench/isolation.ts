import type { IsolationLevel, TaskDefinition } from 'taskwright'
import { createRuntime, defineTask, handlerFile, scriptHandler } from 'taskwright'
import { z } from 'zod'
import { nothing, steps } from './isolation-handlers.ts'
import { median } from './median.ts'

// What a level costs: the first task of a runtime, each further one, and each step of a task.

const levels = ['inline', 'thread', 'process', 'wasm'] as const
const calls = 30
const stepCount = 200
const rounds = 3

const file = new URL('./isolation-handlers.ts', import.meta.url)

function definitionOf(level: IsolationLevel, name: 'nothing' | 'steps'): TaskDefinition {
  const shared = { type: name, kind: 'processing' as const, input: z.unknown() }
  if (level === 'wasm')
    return defineTask({
      ...shared,
      run: scriptHandler(`export default ${(name === 'steps' ? steps : nothing).toString()}`),
    })
  if (level !== 'inline') return defineTask({ ...shared, isolation: level, run: handlerFile(file, name) })
  if (name === 'nothing') return defineTask({ ...shared, run: () => null })
  return defineTask({
    ...shared,
    run: async (task) => {
      for (let index = 0; index < stepCount; index += 1) await task.step(String(index), () => index)
    },
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

async function measure(level: IsolationLevel): Promise<{ first: number; next: number; step: number }> {
  const runtime = await createRuntime({ isolation: { process: { without: ['bubblewrap'] } } })
  const run = async (name: 'nothing' | 'steps') => (await runtime.submit(definitionOf(level, name), stepCount)).result()
  const first = await timed(() => run('nothing'))
  const further: number[] = []
  for (let call = 0; call < calls; call += 1) further.push(await timed(() => run('nothing')))
  const next = median(further)
  await run('steps')
  const step = (Math.max(0, (await timed(() => run('steps'))) - next) / stepCount) * 1_000
  await runtime.stop()
  return { first, next, step }
}

const results = new Map<IsolationLevel, { first: number; next: number; step: number }[]>()
for (let round = 0; round < rounds; round += 1)
  for (const level of levels) results.set(level, [...(results.get(level) ?? []), await measure(level)])

const medianOf = (level: IsolationLevel, what: 'first' | 'next' | 'step') =>
  median((results.get(level) ?? []).map((result) => result[what]))
const inline = { next: medianOf('inline', 'next'), step: medianOf('inline', 'step') }

console.log('| level | first task, ms | a further task, ms | times inline | a step, µs | times inline |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const level of levels) {
  const next = medianOf(level, 'next')
  const step = medianOf(level, 'step')
  const cells = [
    level,
    medianOf(level, 'first').toFixed(1),
    next.toFixed(2),
    (next / inline.next).toFixed(0),
    step.toFixed(0),
    (step / inline.step).toFixed(1),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
