import type { Quotas } from '../model/quotas.ts'
import { TokenBucket } from './token-bucket.ts'

type Rate = NonNullable<Quotas['submissions']>

/** Beyond this number, buckets that are full again are looked for: they say no more than new ones. */
const sweepAt = 1_024

/** How often each principal submits. `now` in ms. */
export class SubmissionRates {
  readonly #buckets = new Map<string, TokenBucket>()
  #sweepAt = sweepAt

  /** Takes one submission. @returns 0, or how long to wait before the next try, ms */
  take(principalId: string, rate: Rate, now: number): number {
    let bucket = this.#buckets.get(principalId)
    if (!bucket) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now)
      bucket = new TokenBucket('', 'submissions', { form: 'rate', ...rate }, now)
      this.#buckets.set(principalId, bucket)
    }
    if (!bucket.fits(1, now)) return Math.max(1, (bucket.availableAt(1, now) ?? now) - now)
    bucket.draw(1, now)
    return 0
  }

  #sweep(now: number): void {
    for (const [id, bucket] of this.#buckets) if (bucket.available(now) >= bucket.capacity) this.#buckets.delete(id)
    this.#sweepAt = Math.max(sweepAt, 2 * this.#buckets.size)
  }
}
