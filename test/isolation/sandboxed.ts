import type { CapabilitiesInput, IsolationOptions, RuntimeEvent, SandboxLimitsInput } from 'taskwright'
import { createRuntime, defineTask, handlerFile, scriptHandler } from 'taskwright'
import { z } from 'zod'
import { texts } from './fixtures/texts.ts'
import type * as work from './fixtures/work.ts'

export const sandboxLevels = ['thread', 'process', 'wasm'] as const
export type SandboxLevel = (typeof sandboxLevels)[number]

/** As much as this machine has: with bubblewrap where it works. */
const withoutAnything: IsolationOptions = { process: { without: ['bubblewrap', 'uid'] } }

const file = new URL('./fixtures/work.ts', import.meta.url)
const questions = { approve: z.boolean() }

type Spec = Partial<
  Omit<Parameters<typeof defineTask>[0], 'run' | 'type' | 'kind' | 'input' | 'output' | 'isolation'>
> & {
  can?: CapabilitiesInput
  sandbox?: SandboxLimitsInput
}

/** A definition of one of the handlers of `fixtures/work.ts`, at a level. */
export function sandboxed(level: SandboxLevel, name: keyof typeof work, spec: Spec = {}) {
  const run =
    level === 'wasm' ? scriptHandler(texts.get(name) ?? '', { questions }) : handlerFile(file, name, { questions })
  return defineTask({
    type: name,
    kind: 'processing',
    input: z.unknown(),
    output: z.unknown(),
    grace: '200ms',
    ...spec,
    isolation: level,
    run,
  })
}

/** A runtime that notes what happens. */
export async function observedRuntime(options: Parameters<typeof createRuntime>[0] = {}) {
  const runtime = await createRuntime({ isolation: withoutAnything, ...options })
  const events: RuntimeEvent[] = []
  runtime.on('task.*', (event) => events.push(event))
  const seen = (isIt: (event: RuntimeEvent) => boolean) =>
    new Promise<void>((resolve) => {
      if (events.some(isIt)) resolve()
      else runtime.on('task.*', (event) => isIt(event) && resolve())
    })
  const logged = (message: string) => seen((event) => event.type === 'task.log' && event.message === message)
  const lines = () =>
    events.flatMap((event) => (event.type === 'task.log' ? [{ message: event.message, ...event.data }] : []))
  return { runtime, events, seen, logged, lines }
}
