import { describeLifecycle } from 'taskwright/testing'
import { mediaScanner, mediaScannerSamples } from '../../examples/lifecycle/media-scanner.ts'
import { checkout, checkoutSamples } from '../../examples/lifecycle/payment.ts'
import { purchaseOrder, purchaseOrderSamples } from '../../examples/lifecycle/purchase-order.ts'

const all = { states: 100, transitions: 100, guards: 100, pairs: 100 }

describeLifecycle(checkout, { ...checkoutSamples, thresholds: all })
describeLifecycle(purchaseOrder, { ...purchaseOrderSamples, thresholds: all })
describeLifecycle(mediaScanner, { ...mediaScannerSamples, thresholds: all })
