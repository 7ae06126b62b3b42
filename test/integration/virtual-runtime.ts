import { pino } from 'pino'
import type { Runtime, RuntimeEvent, RuntimeOptions, VirtualEnvironment } from 'taskwright'
import { createRuntime, createVirtualEnvironment } from 'taskwright'

export interface World {
  readonly environment: VirtualEnvironment
  readonly runtime: Runtime
  /** Everything that happened, in order. */
  readonly events: RuntimeEvent[]
  /** Lets virtual time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  /** Moves virtual time forward, in ms. */
  advance(ms: number): Promise<void>
  /** Types of the events so far. */
  types(): string[]
  /** The error that a promise rejects with; fails if it resolves. */
  refusal(promise: Promise<unknown>): Promise<unknown>
}

/** A runtime on virtual time whose log says nothing. */
export async function virtualWorld(options: RuntimeOptions & { seed?: number } = {}): Promise<World> {
  const { seed = 1, ...rest } = options
  const environment = createVirtualEnvironment({ seed })
  const runtime = await createRuntime({ environment, logger: pino({ level: 'silent' }), ...rest })
  const events: RuntimeEvent[] = []
  runtime.on('*', (event) => events.push(event))
  return {
    environment,
    runtime,
    events,
    run: (promise) => environment.run(promise),
    advance: (ms) => environment.clock.advance(ms),
    types: () => events.map(({ type }) => type),
    refusal: (promise) =>
      environment.run(
        promise.then(
          () => Promise.reject(new Error('it was not refused')),
          (thrown: unknown) => thrown,
        ),
      ),
  }
}
