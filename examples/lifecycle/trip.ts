/** A trip: a seat and a room are reserved side by side, then it is paid and confirmed; whatever fails, all is undone. */
import { defineTask, parallel, sequence } from 'taskwright'
import type { LifecycleOptions } from 'taskwright/testing'
import { z } from 'zod'

const trip = z.object({ traveller: z.string(), to: z.string() })
const booking = z.object({ traveller: z.string(), price: z.number() })

/** A house that lends places and takes them back; in a test it begins anew for each path. */
class House {
  #lent: string[] = []

  get lent(): number {
    return this.#lent.length
  }

  lend(place: string): string {
    this.#lent.push(place)
    return place
  }

  takeBack(place: string): void {
    const at = this.#lent.indexOf(place)
    if (at !== -1) this.#lent.splice(at, 1)
  }

  reset(): void {
    this.#lent = []
  }
}

const house = new House()

function reserving(type: string, price: number) {
  return defineTask({
    type,
    kind: 'integration',
    input: trip,
    output: booking,
    demand: { slots: 1 },
    timeout: '30s',
    retry: { attempts: 2, backoff: '100ms', jitter: false },
    async run(task, { traveller, to }) {
      const place = `${type} of ${traveller} in ${to}`
      const takeBack = () => house.takeBack(place)
      await task.step('reserve', () => house.lend(place), { undo: takeBack, undoInDoubt: takeBack })
      return { traveller, price }
    },
  })
}

const seat = reserving('seat', 80)
const room = reserving('room', 120)
const reservations = parallel({ type: 'reservations', members: { seat, room } })

const pay = defineTask({
  type: 'pay',
  kind: 'integration',
  input: z.object({ seat: booking, room: booking }),
  output: z.object({ traveller: z.string(), paid: z.number().positive() }),
  validate: (of) => of.seat.traveller === of.room.traveller || 'the seat and the room are for different people',
  async run(task, of) {
    const paid = of.seat.price + of.room.price
    const isApproved = await task.ask(z.boolean(), `Pay ${paid} for the trip of ${of.seat.traveller}?`)
    if (!isApproved) throw new Error('the trip was not approved')
    const money = `money of ${of.seat.traveller}`
    const giveBack = () => house.takeBack(money)
    await task.step('charge', () => house.lend(money), { undo: giveBack, undoInDoubt: giveBack })
    return { traveller: of.seat.traveller, paid }
  },
})

export const bookTrip = sequence({ type: 'bookTrip', members: [reservations, pay] })

export const lifecycle = {
  bookTrip: {
    inputs: [{ traveller: 'Ada', to: 'Oslo' }],
    services: () => house.reset(),
    answer: () => true,
    /** Nothing is lent to a trip that did not come about. */
    check({ task, isEnd }) {
      const { outcome } = task.view()
      if (!isEnd || !outcome || outcome.status === 'rejected') return
      const wanted = outcome.status === 'completed' ? 3 : 0
      const isKnown = outcome.status === 'completed' || outcome.rollback.status !== 'incomplete'
      if (isKnown && house.lent !== wanted) throw new Error(`${house.lent} are lent, and ${wanted} should be`)
    },
  },
} satisfies Record<string, LifecycleOptions<z.input<typeof trip>>>
