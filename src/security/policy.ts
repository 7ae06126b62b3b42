import type { Action, Resource } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'

/** What a policy is asked. */
export interface AccessRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resource: Resource
}

/** What it answers. `rule`: the name of the rule that decided. */
export interface Decision {
  readonly allowed: boolean
  readonly rule: string
}

/** Who may do what. What no rule allows is refused. Asked at every action, so it answers at once. */
export interface Policy {
  /** Names the policy, and its version, in the audit log. */
  readonly name: string
  decide(request: AccessRequest): Decision
}

export const noRule: Decision = { allowed: false, rule: 'no rule allows it' }
