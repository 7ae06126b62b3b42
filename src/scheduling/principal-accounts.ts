import { InvariantError } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import type { DemandVector } from './demand-vector.ts'
import type { Ledger } from './ledger.ts'
import { PrincipalAccount } from './principal-account.ts'
import type { Running } from './running-tasks.ts'

/** Idle principals whose service is still ahead are kept; beyond this number those that are not are looked for. */
const sweepAt = 256

/**
 * The principals, and the virtual time of their service: that of the furthest start so far. A principal that begins to
 * wait is brought up to it. Source: start-time fair queueing (see `policies/share.ts`).
 */
export class PrincipalAccounts {
  readonly #ledger: Ledger
  readonly #openedAt: number
  readonly #byId = new Map<string, PrincipalAccount>()
  #virtualTime = 0
  #sweepAt = sweepAt

  constructor(ledger: Ledger, now: number) {
    this.#ledger = ledger
    this.#openedAt = now
  }

  values(): IterableIterator<PrincipalAccount> {
    return this.#byId.values()
  }

  open(principal: Principal, now: number): PrincipalAccount {
    let account = this.#byId.get(principal.id)
    if (!account) {
      if (this.#byId.size >= this.#sweepAt) this.#sweep(now)
      account = new PrincipalAccount(principal, this.#ledger, this.#openedAt)
      this.#byId.set(principal.id, account)
    }
    return account
  }

  reweigh(account: PrincipalAccount, principal: Principal, now: number): void {
    account.principal = principal
    account.recompute(now)
  }

  catchUp(account: PrincipalAccount, now: number): void {
    account.catchUp(this.#virtualTime, now)
  }

  grant(account: PrincipalAccount, vector: DemandVector, now: number): void {
    this.#virtualTime = Math.max(this.#virtualTime, account.serviceAt(now))
    account.hold(vector, now)
  }

  release(account: PrincipalAccount, vector: DemandVector, now: number): void {
    account.giveUp(vector, now)
  }

  /** Nobody waits or runs: the next busy period starts with everybody equal. */
  onIdle(now: number): void {
    for (const account of this.#byId.values()) this.#virtualTime = Math.max(this.#virtualTime, account.serviceAt(now))
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

  #sweep(now: number): void {
    for (const [id, account] of this.#byId) {
      const isIdle = account.waiting === 0 && account.running === 0
      if (isIdle && account.serviceAt(now) <= this.#virtualTime) this.#byId.delete(id)
    }
    this.#sweepAt = Math.max(sweepAt, 2 * this.#byId.size)
  }
}
