/**
 * An order that is confirmed and shipped within thirty days, or cancelled. The chart is "Purchase order deadline" of
 * the Serverless Workflow specification, which XState has as an example (github.com/statelyai/xstate,
 * examples/workflow-purchase-order-deadline), rebuilt as the handler of a task.
 */
import { defineTask } from 'taskwright'
import { assign, fromPromise, setup } from 'xstate'
import { z } from 'zod'

const thirtyDaysMs = 30 * 24 * 60 * 60 * 1_000

type Ending = 'open' | 'finished' | 'cancelled'

const purchaseOrderMachine = setup({
  types: {} as {
    input: { orderId: string }
    context: { orderId: string; ending: Ending }
    events: { type: 'OrderCreated' } | { type: 'OrderConfirmed' } | { type: 'ShipmentSent' }
    output: { orderId: string; ending: Ending }
  },
  actors: { cancelOrder: fromPromise(async () => undefined) },
}).createMachine({
  id: 'purchaseOrder',
  context: ({ input }) => ({ orderId: input.orderId, ending: 'open' }),
  initial: 'startNewOrder',
  after: { [thirtyDaysMs]: '.cancelOrder' },
  states: {
    startNewOrder: { on: { OrderCreated: 'waitForConfirmation' } },
    waitForConfirmation: { on: { OrderConfirmed: 'waitForShipment' } },
    waitForShipment: { on: { ShipmentSent: 'orderFinished' } },
    orderFinished: { entry: assign({ ending: 'finished' }), type: 'final' },
    cancelOrder: { invoke: { src: 'cancelOrder', onDone: 'orderCancelled' } },
    orderCancelled: { entry: assign({ ending: 'cancelled' }), type: 'final' },
  },
  output: ({ context }) => context,
})

export const purchaseOrder = defineTask({
  type: 'purchaseOrder',
  kind: 'control',
  input: z.object({ orderId: z.string() }),
  output: z.object({ orderId: z.string(), ending: z.enum(['finished', 'cancelled']) }),
  run: purchaseOrderMachine,
})

/** What the chart is walked with. */
export const lifecycle = { purchaseOrder: { inputs: [{ orderId: 'order-1' }], events: [] } }
