import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import { createActor, fromPromise, setup } from 'xstate'
import { createTestModel } from 'xstate/graph'

/** `createTestModel` takes no machine that invokes: the ends of what is invoked are events here. */
const model = setup({}).createMachine({
  initial: 'idle',
  states: {
    idle: { on: { StartScan: 'scanning' } },
    scanning: { on: { done: 'checkingPermissions', failed: 'reportingErrors' } },
    checkingPermissions: { on: { done: 'evaluatingFiles', failed: 'reportingErrors' } },
    evaluatingFiles: { on: { done: 'movingFiles', failed: 'reportingErrors' } },
    movingFiles: { on: { done: 'idle', failed: 'reportingErrors' } },
    reportingErrors: { on: { Restart: 'idle' } },
  },
})

const states = ['idle', 'scanning', 'checkingPermissions', 'evaluatingFiles', 'movingFiles', 'reportingErrors']
const outputs = {
  scanLibrary: ['/library/films'],
  checkPermissions: { toEvaluate: ['/library/films'], toReport: [] },
  evaluateFiles: ['/library/films'],
  moveFiles: undefined,
}

/** Walks the machine by the paths of the model. @throws AssertionError */
export async function walkByHand(machine: AnyStateMachine, watch: (actor: AnyActorRef) => void): Promise<void> {
  for (const path of createTestModel(model).getSimplePaths()) {
    let settle: { resolve(): void; reject(): void } = { resolve: () => undefined, reject: () => undefined }
    const invoked = (output: unknown) =>
      fromPromise(
        () =>
          new Promise((resolve, reject) => {
            settle = { resolve: () => resolve(output), reject: () => reject(new Error('no such folder')) }
          }),
      )
    const actors = Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, invoked(output)]))
    const actor = createActor(machine.provide({ actors }), {
      input: { basePath: '/library', destinationPath: '/films' },
    })
    watch(actor)
    actor.subscribe({ error: () => undefined })
    actor.start()
    const isAt = (state: string) => () => assert.ok(actor.getSnapshot().matches(state), `it is not in ${state}`)
    await path.test({
      states: Object.fromEntries(states.map((state) => [state, isAt(state)])),
      events: {
        StartScan: () => actor.send({ type: 'StartScan' }),
        Restart: () => actor.send({ type: 'Restart' }),
        done: async () => {
          settle.resolve()
          await setImmediate()
        },
        failed: async () => {
          settle.reject()
          await setImmediate()
        },
      },
    })
  }
}
