import { assign, fromPromise, setup } from 'xstate'
import { z } from 'zod'
import { defineTask } from '../../src/index.ts'

/** A handler with everything that a chart can have: nested, parallel, `always`, `after`, an actor, a way back to itself. */
export const brewing = setup({
  types: {
    context: {} as { cups: number },
    events: {} as { type: 'pour' } | { type: 'taste' } | { type: 'stir' } | { type: 'give up' },
  },
  actors: { grind: fromPromise(() => Promise.resolve('ground')) },
  actions: { note: () => {}, count: assign(({ context }) => ({ cups: context.cups + 1 })) },
  guards: { isFull: ({ context }) => context.cups >= 2 },
  delays: { settle: 40 },
}).createMachine({
  id: 'brewing',
  context: { cups: 0 },
  initial: 'grinding',
  on: { 'give up': '.cold' },
  states: {
    grinding: { invoke: { id: 'mill', src: 'grind', onDone: 'brewing', onError: { target: 'cold', actions: 'note' } } },
    brewing: {
      type: 'parallel',
      onDone: 'ready',
      states: {
        water: {
          initial: 'heating',
          states: { heating: { after: { 20: 'hot' } }, hot: { type: 'final' } },
        },
        cup: {
          initial: 'empty',
          states: {
            empty: {
              on: { pour: { actions: 'count' }, stir: { target: 'empty', reenter: true, actions: 'note' } },
              always: { guard: 'isFull', target: 'full' },
            },
            full: { type: 'final' },
          },
        },
      },
    },
    ready: { entry: 'note', after: { settle: 'drunk' }, on: { taste: { actions: 'note' } } },
    drunk: { type: 'final' },
    cold: { type: 'final' },
  },
})

export const brew = defineTask({
  type: 'brew',
  kind: 'integration',
  input: z.object({}),
  run: brewing,
})
