import { RefusedError } from '../model/errors.ts'
import type { Demand } from '../model/resources.ts'
import type { DemandVector } from './demand-vector.ts'

/** Vectors kept for reuse, so that many waiting tasks with one demand share one vector. */
const maxKept = 1_024

/** Turns demands into vectors against a fixed set of resources. */
export class DemandCompiler {
  readonly #indexOf: ReadonlyMap<string, number>
  readonly #kept = new Map<string, DemandVector>()

  constructor(indexOf: ReadonlyMap<string, number>) {
    this.#indexOf = indexOf
  }

  /** @throws RefusedError `POOL_UNKNOWN` or, if only amounts are wrong, `DEMAND_INVALID`, with every problem */
  compile(demand: Demand): DemandVector {
    const problems: string[] = []
    let isUnknown = false
    const parts: { resource: string; index: number; amount: number }[] = []
    for (const [resource, amount] of Object.entries(demand)) {
      const index = this.#indexOf.get(resource)
      if (index === undefined) {
        isUnknown = true
        problems.push(this.unknown(resource))
      }
      if (!(Number.isFinite(amount) && amount >= 0)) {
        problems.push(`${resource}: ${amount} is not an amount; give a finite number of at least 0`)
      }
      if (index !== undefined && amount > 0) parts.push({ resource, index, amount })
    }
    if (problems.length > 0) {
      throw new RefusedError(isUnknown ? 'POOL_UNKNOWN' : 'DEMAND_INVALID', problems.join('; '), { problems })
    }
    parts.sort((one, other) => one.index - other.index)
    const signature = parts.map(({ index, amount }) => `${index}:${amount}`).join(' ')
    return (
      this.#kept.get(signature) ??
      this.#keep({
        demand: Object.fromEntries(parts.map(({ resource, amount }) => [resource, amount])),
        indices: parts.map(({ index }) => index),
        amounts: parts.map(({ amount }) => amount),
        signature,
      })
    )
  }

  /** The sentence for a resource that no pool has. */
  unknown(resource: string): string {
    const names = [...this.#indexOf.keys()]
    const existing = names.length > 0 ? `there are ${names.join(', ')}` : 'there are no resources'
    return `${resource}: no pool has this resource; ${existing}`
  }

  #keep(vector: DemandVector): DemandVector {
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(vector.signature, vector)
    return vector
  }
}
