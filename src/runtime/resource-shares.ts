import type { ResourceEfficiency } from '../model/stats.ts'
import type { ResourceEfficiency as ResourceIntegrals } from '../scheduling/meter.ts'

/** Integrals over the runtime's life as shares of each other. */
export function toShares({ pool, resource, form, capacity, reserved, used }: ResourceIntegrals): ResourceEfficiency {
  return {
    pool,
    resource,
    form,
    reservedOfCapacity: capacity > 0 ? reserved / capacity : null,
    usedOfReserved: reserved > 0 ? used / reserved : null,
  }
}
