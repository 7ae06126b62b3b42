import { describeLifecycle } from 'taskwright/testing'
import { mediaScanner, lifecycle as scanning } from '../../examples/lifecycle/media-scanner.ts'
import { checkout, lifecycle as paying } from '../../examples/lifecycle/payment.ts'
import { lifecycle as ordering, purchaseOrder } from '../../examples/lifecycle/purchase-order.ts'
import { bookTrip, lifecycle as travelling } from '../../examples/lifecycle/trip.ts'

const all = { states: 100, transitions: 100, guards: 100, pairs: 100 }

describeLifecycle(checkout, { ...paying.checkout, thresholds: all })
describeLifecycle(purchaseOrder, { ...ordering.purchaseOrder, thresholds: all })
describeLifecycle(mediaScanner, { ...scanning.mediaScanner, thresholds: all })
describeLifecycle(bookTrip, { ...travelling.bookTrip, thresholds: all })
