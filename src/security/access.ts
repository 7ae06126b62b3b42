import type { Action, Authority, Resource } from '../model/access.ts'
import { describeResource } from '../model/access.ts'
import type { Clock } from '../model/environment.ts'
import { describeThrown, ForbiddenError, RefusedError } from '../model/errors.ts'
import { describePrincipal } from '../model/principal.ts'
import type { Decision, Policy } from './policy.ts'

/** What was decided, for the audit log. */
export interface Decided {
  readonly by: Authority
  readonly action: Action
  readonly resource: Resource
  readonly decision: Decision
}

const noPolicy: Decision = { allowed: true, rule: 'no policy is given' }

/** Asks the policy in whose name something may be done. All that is done from outside passes here. */
export class Access {
  readonly #clock: Clock
  readonly #denied: (denied: Decided) => void
  #policy: Policy | null

  /** @param denied is told of every refusal */
  constructor(policy: Policy | null, clock: Clock, denied: (denied: Decided) => void) {
    this.#policy = policy
    this.#clock = clock
    this.#denied = denied
  }

  /** Without a policy everybody may do everything. */
  get isOpen(): boolean {
    return this.#policy === null
  }

  get policy(): Policy | null {
    return this.#policy
  }

  replace(policy: Policy): void {
    this.#policy = policy
  }

  /**
   * Authorises an action on an instance.
   * @throws ForbiddenError that names the rule; RefusedError `TOKEN_REFUSED` if the authority has run out
   */
  authorise(by: Authority, action: Action, resource: Resource): Decision {
    if (this.hasExpired(by)) {
      this.#denied({ by, action, resource, decision: { allowed: false, rule: 'the token has expired' } })
      throw new RefusedError('TOKEN_REFUSED', 'the token of this principal has expired; authenticate again')
    }
    const decision = this.#decide(by, action, resource)
    if (decision.allowed) return decision
    this.#denied({ by, action, resource, decision })
    const who = describePrincipal(by.principal)
    const behalf = by.within.length > 0 ? ` on behalf of ${by.within.map(describePrincipal).join(', ')}` : ''
    throw new ForbiddenError(
      `${who}${behalf} may not ${action} ${describeResource(resource)}: ${decision.rule}`,
      action,
      decision.rule,
    )
  }

  /** Whether it may be done. For what is left out without a word: the lines of a list, the events of a stream. */
  may(by: Authority, action: Action, resource: Resource): boolean {
    return !this.hasExpired(by) && this.#decide(by, action, resource).allowed
  }

  hasExpired({ expiresAt }: Authority): boolean {
    return expiresAt !== undefined && this.#clock.now() >= expiresAt
  }

  /** Everybody in the chain must be allowed: the first who is not decides. */
  #decide(by: Authority, action: Action, resource: Resource): Decision {
    const policy = this.#policy
    if (policy === null) return noPolicy
    const decision = ask(policy, by.principal, action, resource)
    if (!decision.allowed) return decision
    for (const principal of by.within) {
      const further = ask(policy, principal, action, resource)
      if (!further.allowed) return { allowed: false, rule: `${further.rule}, for ${describePrincipal(principal)}` }
    }
    return decision
  }
}

function ask(policy: Policy, principal: Authority['principal'], action: Action, resource: Resource): Decision {
  try {
    const { allowed, rule } = policy.decide({ principal, action, resource })
    // A host without types: only a yes is a yes.
    return { allowed: allowed === true, rule: String(rule) }
  } catch (thrown) {
    return { allowed: false, rule: `the policy failed: ${describeThrown(thrown)}` }
  }
}
