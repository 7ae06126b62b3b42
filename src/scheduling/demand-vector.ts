import type { Demand } from '../model/resources.ts'

/**
 * A demand compiled against one ledger, once for a task: the ledger's resource indices in rising order, with the
 * amounts asked of them. Zero amounts are dropped. Equal demands have equal signatures and share one vector.
 */
export interface DemandVector {
  readonly demand: Demand
  readonly indices: readonly number[]
  readonly amounts: readonly number[]
  readonly signature: string
}

/** Calls `visit` with each resource index and amount. */
export function eachAmount(vector: DemandVector, visit: (index: number, amount: number) => void): void {
  for (let position = 0; position < vector.indices.length; position++) {
    visit(vector.indices[position] ?? -1, vector.amounts[position] ?? 0)
  }
}

/** What the vector asks of a resource; 0 if nothing. */
export function amountOf(vector: DemandVector, index: number): number {
  const position = vector.indices.indexOf(index)
  return position < 0 ? 0 : (vector.amounts[position] ?? 0)
}

/** The vector of a task that will never be granted anything: only to be shown. */
export function undemanding(demand: Demand): DemandVector {
  return { demand, indices: [], amounts: [], signature: '' }
}
