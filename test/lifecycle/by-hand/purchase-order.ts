import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import { createActor, fromPromise, SimulatedClock, setup } from 'xstate'
import { createTestModel } from 'xstate/graph'

/** `createTestModel` takes no machine that waits or invokes: time and the cancellation are events here. */
const model = setup({}).createMachine({
  initial: 'startNewOrder',
  states: {
    startNewOrder: { on: { OrderCreated: 'waitForConfirmation', thirtyDays: 'cancelOrder' } },
    waitForConfirmation: { on: { OrderConfirmed: 'waitForShipment', thirtyDays: 'cancelOrder' } },
    waitForShipment: { on: { ShipmentSent: 'orderFinished', thirtyDays: 'cancelOrder' } },
    orderFinished: { type: 'final' },
    cancelOrder: { on: { cancelled: 'orderCancelled' } },
    orderCancelled: { type: 'final' },
  },
})

const thirtyDaysMs = 30 * 24 * 60 * 60 * 1_000
const states = [
  'startNewOrder',
  'waitForConfirmation',
  'waitForShipment',
  'orderFinished',
  'cancelOrder',
  'orderCancelled',
]

/** Walks the machine by the paths of the model. @throws AssertionError */
export async function walkByHand(machine: AnyStateMachine, watch: (actor: AnyActorRef) => void): Promise<void> {
  for (const path of createTestModel(model).getSimplePaths()) {
    const clock = new SimulatedClock()
    let cancelled = () => undefined
    const cancelOrder = fromPromise(
      () =>
        new Promise<void>((resolve) => {
          cancelled = () => {
            resolve()
            return undefined
          }
        }),
    )
    const actor = createActor(machine.provide({ actors: { cancelOrder } }), { clock, input: { orderId: 'order-1' } })
    watch(actor)
    actor.subscribe({ error: () => undefined })
    actor.start()
    const isAt = (state: string) => () => assert.ok(actor.getSnapshot().matches(state), `it is not in ${state}`)
    await path.test({
      states: Object.fromEntries(states.map((state) => [state, isAt(state)])),
      events: {
        OrderCreated: () => actor.send({ type: 'OrderCreated' }),
        OrderConfirmed: () => actor.send({ type: 'OrderConfirmed' }),
        ShipmentSent: () => actor.send({ type: 'ShipmentSent' }),
        thirtyDays: () => clock.increment(thirtyDaysMs),
        cancelled: async () => {
          cancelled()
          await setImmediate()
        },
      },
    })
  }
}
