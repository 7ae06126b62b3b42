/**
 * A checkout: cart, shipping, payment, confirmation. The chart is that of XState's own example of a checkout
 * (github.com/statelyai/xstate, examples/checkout-react), rebuilt as the handler of a task.
 */
import { defineTask } from 'taskwright'
import { assign, fromPromise, setup } from 'xstate'
import { z } from 'zod'

const item = z.object({ id: z.string(), name: z.string(), price: z.number().positive() })
const shipping = z.object({ name: z.string(), address: z.string(), city: z.string() })
const receipt = z.object({ id: z.string(), total: z.number() })

type Item = z.infer<typeof item>
type Shipping = z.infer<typeof shipping>
type Receipt = z.infer<typeof receipt>

interface Order {
  readonly cart: readonly Item[]
  readonly shipping: Shipping
  readonly card: string
  readonly receipt: Receipt | null
}

type CheckoutEvent =
  | { type: 'addItem'; item: Item }
  | { type: 'removeItem'; id: string }
  | { type: 'setShipping'; shipping: Shipping }
  | { type: 'setCard'; card: string }
  | { type: 'next' }
  | { type: 'back' }
  | { type: 'editCart' }
  | { type: 'retry' }

const totalOf = (cart: readonly Item[]) => cart.reduce((sum, { price }) => sum + price, 0)

/** Declines every card that ends in 0000. */
const charge = fromPromise<Receipt, { card: string; total: number }>(async ({ input: { card, total } }) => {
  if (card.endsWith('0000')) throw new Error('the card was declined')
  return { id: `receipt-${card.slice(-4)}`, total }
})

const checkoutMachine = setup({
  types: {} as { input: { cart: readonly Item[] }; context: Order; events: CheckoutEvent; output: Receipt | null },
  actors: { charge },
  guards: {
    hasItems: ({ context }) => context.cart.length > 0,
    canBeShipped: ({ context: { shipping } }) => Object.values(shipping).every((part) => part !== ''),
    hasCard: ({ context }) => context.card.replaceAll(' ', '').length >= 12,
  },
}).createMachine({
  id: 'checkout',
  context: ({ input }) => ({
    cart: input.cart,
    shipping: { name: '', address: '', city: '' },
    card: '',
    receipt: null,
  }),
  initial: 'cart',
  states: {
    cart: {
      on: {
        addItem: { actions: assign({ cart: ({ context, event }) => [...context.cart, event.item] }) },
        removeItem: {
          actions: assign({ cart: ({ context, event }) => context.cart.filter(({ id }) => id !== event.id) }),
        },
        next: { guard: 'hasItems', target: 'shipping' },
      },
    },
    shipping: {
      on: {
        setShipping: { actions: assign({ shipping: ({ event }) => event.shipping }) },
        next: { guard: 'canBeShipped', target: 'payment' },
        editCart: 'cart',
      },
    },
    payment: {
      on: {
        setCard: { actions: assign({ card: ({ event }) => event.card }) },
        next: { guard: 'hasCard', target: 'confirming' },
        back: 'shipping',
        editCart: 'cart',
      },
    },
    confirming: {
      invoke: {
        src: 'charge',
        input: ({ context }) => ({ card: context.card, total: totalOf(context.cart) }),
        onDone: { target: 'done', actions: assign({ receipt: ({ event }) => event.output }) },
        onError: 'declined',
      },
    },
    declined: { on: { retry: 'payment', editCart: 'cart' } },
    done: { type: 'final' },
  },
  output: ({ context }) => context.receipt,
})

export const checkout = defineTask({
  type: 'checkout',
  kind: 'integration',
  input: z.object({ cart: z.array(item) }),
  output: receipt,
  run: checkoutMachine,
})

const tea: Item = { id: 'tea', name: 'Tea', price: 4 }

/** What the chart is walked with. */
export const lifecycle = {
  checkout: {
    inputs: [{ cart: [] }],
    events: [
      { type: 'addItem', item: tea },
      { type: 'removeItem', id: 'tea' },
      { type: 'setShipping', shipping: { name: 'Ada', address: '1 High Street', city: 'London' } },
      { type: 'setCard', card: '4111 1111 1111 1111' },
    ],
  },
}
