import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { initialTransition, transition } from 'xstate'
import { compiledSupervisor } from '../../src/machines/supervisor-engine.ts'
import type { SupervisorMachineEvent } from '../../src/machines/supervisor-machine.ts'
import { initialSupervisorContext, supervisorMachine } from '../../src/machines/supervisor-machine.ts'
import { compiledTask } from '../../src/machines/task-engine.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import { initialTaskContext } from '../../src/machines/task-tables.ts'
import { sampleTaskEvents } from '../../src/testing/lifecycle/life-messages.ts'

const input = { id: 't', type: 'sample', maxAttempts: 2, conditionsMet: false }

/** Names of the effects that XState would execute; the updates are applied already and carry no name of ours. */
const effectNames = (actions: readonly { type: string }[]) => actions.map(({ type }) => type)

describe('the compiled machine does what XState does', () => {
  test('the task machine, on any sequence of messages', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: sampleTaskEvents(0).length - 1 }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 1 }),
        (choices, lag) => {
          let [interpreted] = initialTransition(taskMachine, input)
          let compiled = compiledTask.start(initialTaskContext(input))
          expect(compiled.value).toEqual(interpreted.value)
          for (const choice of choices) {
            if (interpreted.status === 'done') break
            const { epoch } = interpreted.context
            const event = sampleTaskEvents(Math.max(0, epoch - lag * (choice % 2)))[choice]
            if (!event) continue
            const [next, actions] = transition(taskMachine, interpreted, event)
            const step = compiledTask.step(compiledTask.configurationOf(compiled.value), compiled.context, event)
            if (step) compiled = step.snapshot
            expect(compiled.value, event.type).toEqual(next.value)
            expect(compiled.context, event.type).toEqual(next.context)
            expect(compiled.status).toBe(next.status)
            expect(compiled.output).toEqual(next.output)
            expect(step?.effects ?? []).toEqual(effectNames(actions))
            interpreted = next
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('the supervisor machine, on any sequence of messages', () => {
    const events: SupervisorMachineEvent[] = [
      { type: 'supervisor.start' },
      { type: 'task.submit', submission: { parentId: null } },
      { type: 'task.submit', submission: { parentId: 'p' } },
      { type: 'task.ready', taskId: 't' },
      { type: 'dispatch' },
      { type: 'pause' },
      { type: 'resume' },
      { type: 'drain' },
      { type: 'stop', unfinished: 'cancel', graceMs: 1 },
      { type: 'grace.expired' },
      { type: 'idle' },
      { type: 'intensity.spent' },
      { type: 'intensity.recovered' },
      { type: 'xstate.error.actor.*', actorId: 't', error: 'boom' },
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (sequence) => {
        let [interpreted] = initialTransition(supervisorMachine)
        let compiled = compiledSupervisor.start(initialSupervisorContext)
        for (const event of sequence) {
          if (interpreted.status === 'done') break
          const [next, actions] = transition(supervisorMachine, interpreted, event)
          const step = compiledSupervisor.step(
            compiledSupervisor.configurationOf(compiled.value),
            compiled.context,
            event,
          )
          if (step) compiled = step.snapshot
          expect(compiled.value).toEqual(next.value)
          expect(compiled.context).toEqual(next.context)
          expect(compiled.status).toBe(next.status)
          expect(step?.effects ?? []).toEqual(effectNames(actions))
          interpreted = next
        }
      }),
    )
  })
})
