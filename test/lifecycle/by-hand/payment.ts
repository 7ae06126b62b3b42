import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import { createActor, fromPromise, setup } from 'xstate'
import { createTestModel } from 'xstate/graph'

/** `createTestModel` takes no machine that invokes: the chart is written once more, with the ends of charging as events. */
const model = setup({
  types: {} as { context: { items: boolean; address: boolean; card: boolean } },
}).createMachine({
  context: { items: false, address: false, card: false },
  initial: 'cart',
  states: {
    cart: {
      on: {
        addItem: {},
        next: { guard: ({ context }) => context.items, target: 'shipping' },
      },
    },
    shipping: { on: { setShipping: {}, next: 'payment', editCart: 'cart' } },
    payment: { on: { setCard: {}, next: 'confirming', back: 'shipping', editCart: 'cart' } },
    confirming: { on: { charged: 'done', refused: 'declined' } },
    declined: { on: { retry: 'payment', editCart: 'cart' } },
    done: { type: 'final' },
  },
})

const tea = { id: 'tea', name: 'Tea', price: 4 }
const shipping = { name: 'Ada', address: '1 High Street', city: 'London' }
const states = ['cart', 'shipping', 'payment', 'confirming', 'declined', 'done']

/** Walks the machine by the paths of the model. @throws AssertionError */
export async function walkByHand(machine: AnyStateMachine, watch: (actor: AnyActorRef) => void): Promise<void> {
  const inCart = { items: true, address: true, card: true }
  const paths = createTestModel(model).getSimplePaths({
    fromState: model.resolveState({ value: 'cart', context: inCart }),
  })
  for (const path of paths) {
    let settle: { resolve(): void; reject(): void } = { resolve: () => undefined, reject: () => undefined }
    const charge = fromPromise(
      () =>
        new Promise((resolve, reject) => {
          settle = { resolve: () => resolve({ id: 'r', total: 4 }), reject: () => reject(new Error('declined')) }
        }),
    )
    const actor = createActor(machine.provide({ actors: { charge } }), { input: { cart: [tea] } })
    watch(actor)
    actor.subscribe({ error: () => undefined })
    actor.start()
    const isAt = (state: string) => () => assert.ok(actor.getSnapshot().matches(state), `it is not in ${state}`)
    await path.test({
      states: Object.fromEntries(states.map((state) => [state, isAt(state)])),
      events: {
        addItem: () => actor.send({ type: 'addItem', item: tea }),
        setShipping: () => actor.send({ type: 'setShipping', shipping }),
        setCard: () => actor.send({ type: 'setCard', card: '4111 1111 1111 1111' }),
        next: () => {
          if (actor.getSnapshot().matches('shipping')) actor.send({ type: 'setShipping', shipping })
          if (actor.getSnapshot().matches('payment')) actor.send({ type: 'setCard', card: '4111 1111 1111 1111' })
          actor.send({ type: 'next' })
        },
        back: () => actor.send({ type: 'back' }),
        editCart: () => actor.send({ type: 'editCart' }),
        retry: () => actor.send({ type: 'retry' }),
        charged: async () => {
          settle.resolve()
          await setImmediate()
        },
        refused: async () => {
          settle.reject()
          await setImmediate()
        },
      },
    })
  }
}
