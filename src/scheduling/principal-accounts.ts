import { InvariantError } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import type { DemandVector } from './demand-vector.ts'
import type { Ledger } from './ledger.ts'
import { PrincipalAccount } from './principal-account.ts'
import type { Running } from './running-tasks.ts'

/** Idle principals whose service is still ahead are kept; beyond this number those that are not are looked for. */
const sweepAt = 256

/** The least that a grant is charged, ms: tasks that take no time still take turns. */
const leastMs = 1

/** How much the held time of one more task counts in the mean. */
const smoothing = 0.1

/**
 * The principals, and the virtual time of their service: that of the furthest start so far. A principal that begins to
 * wait is brought up to it. A grant is charged at once, with the mean time that tasks hold their resources, and set
 * right when the time is known. Source: see `policies/share.ts`.
 */
export class PrincipalAccounts {
  readonly #ledger: Ledger
  readonly #limitOf: (principal: Principal) => number | null
  readonly #byId = new Map<string, PrincipalAccount>()
  #virtualTime = 0
  #meanHeldMs: number | null = null
  #sweepAt = sweepAt

  /** @param limitOf how many tasks of a principal may hold resources at a time */
  constructor(ledger: Ledger, limitOf: (principal: Principal) => number | null = () => null) {
    this.#ledger = ledger
    this.#limitOf = limitOf
  }

  values(): IterableIterator<PrincipalAccount> {
    return this.#byId.values()
  }

  open(principal: Principal): PrincipalAccount {
    let account = this.#byId.get(principal.id)
    if (!account) {
      if (this.#byId.size >= this.#sweepAt) this.#sweep()
      account = new PrincipalAccount(principal, this.#ledger, this.#limitOf(principal))
      this.#byId.set(principal.id, account)
    }
    return account
  }

  reweigh(account: PrincipalAccount, principal: Principal): void {
    account.principal = principal
    account.recompute()
  }

  catchUp(account: PrincipalAccount): void {
    account.catchUp(this.#virtualTime)
  }

  /** @returns how many ms the grant was charged with */
  grant(account: PrincipalAccount, vector: DemandVector): number {
    const chargedMs = Math.max(leastMs, this.#meanHeldMs ?? leastMs)
    this.#virtualTime = Math.max(this.#virtualTime, account.service)
    account.hold(vector)
    account.charge(vector, chargedMs)
    return chargedMs
  }

  release({ account, vector, grantedAt, chargedMs }: Running, now: number): void {
    const heldMs = Math.max(leastMs, now - grantedAt)
    account.giveUp(vector)
    account.charge(vector, heldMs - chargedMs)
    this.#meanHeldMs = this.#meanHeldMs === null ? heldMs : this.#meanHeldMs + smoothing * (heldMs - this.#meanHeldMs)
  }

  /** Nobody waits or runs: the next busy period starts with everybody equal. */
  onIdle(): void {
    for (const { service } of this.#byId.values()) this.#virtualTime = Math.max(this.#virtualTime, service)
    this.#byId.clear()
  }

  /** @throws InvariantError if a principal's count of running tasks is wrong */
  assertInvariants(running: Iterable<Running>): void {
    const counts = new Map<PrincipalAccount, number>()
    for (const { account } of running) counts.set(account, (counts.get(account) ?? 0) + 1)
    for (const account of this.#byId.values()) {
      const count = counts.get(account) ?? 0
      if (account.running !== count) {
        throw new InvariantError(
          `principal ${account.principal.id} counts ${account.running} running tasks, not ${count}`,
        )
      }
    }
  }

  #sweep(): void {
    for (const [id, account] of this.#byId) {
      const isIdle = account.waiting === 0 && account.running === 0
      if (isIdle && account.service <= this.#virtualTime) this.#byId.delete(id)
    }
    this.#sweepAt = Math.max(sweepAt, 2 * this.#byId.size)
  }
}
