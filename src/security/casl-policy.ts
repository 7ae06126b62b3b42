import type { MongoAbility } from '@casl/ability'
import { createMongoAbility } from '@casl/ability'
import type { Action, Resource } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'
import type { Decision, Policy } from './policy.ts'
import { noRule } from './policy.ts'

/** One rule for one principal. Of those that match, the last counts. */
export interface PolicyRule {
  /** Names the rule in refusals and in the audit log. */
  name: string
  /** `'manage'`: every action. */
  action: Action | 'manage' | readonly (Action | 'manage')[]
  /** Kinds of resources; `'all'`: every kind. */
  subject: Resource['kind'] | 'all' | readonly Resource['kind'][]
  /** What must hold of the resource, as in CASL: `{ principal: 'ada', priority: { $lte: 2 } }`. */
  conditions?: Readonly<Record<string, unknown>>
  /** Forbids what it matches. */
  inverted?: boolean
}

const keptAbilities = 1_000

/** All that a host's rules may look at. */
function keyOf({ id, kind, tenant, attributes }: Principal): string {
  return JSON.stringify([id, kind, tenant, attributes])
}

function listed<Item extends string>(items: Item | readonly Item[]): Item[] {
  return typeof items === 'string' ? [items] : [...items]
}

/**
 * A policy of rules, by CASL. Rules are asked for once for each principal.
 * @param rulesOf the rules of a principal; conditions may use what is known of it
 */
export function caslPolicy(rulesOf: (principal: Principal) => readonly PolicyRule[], name = 'rules'): Policy {
  const abilities = new Map<string, MongoAbility>()

  function abilityOf(principal: Principal): MongoAbility {
    const key = keyOf(principal)
    let ability = abilities.get(key)
    if (!ability) {
      const rules = rulesOf(principal).map((rule) => ({
        action: listed(rule.action),
        subject: listed(rule.subject),
        reason: rule.name,
        inverted: rule.inverted ?? false,
        ...(rule.conditions && { conditions: rule.conditions }),
      }))
      ability = createMongoAbility(rules, { detectSubjectType: ({ kind }) => kind })
      if (abilities.size >= keptAbilities) abilities.clear()
      abilities.set(key, ability)
    }
    return ability
  }

  return {
    name,
    decide({ principal, action, resource }): Decision {
      // Asked about a kind, CASL answers yes if some instance might be allowed.
      if (typeof resource !== 'object') return noRule
      const rule = abilityOf(principal).relevantRuleFor(action, resource)
      return rule ? { allowed: !rule.inverted, rule: rule.reason ?? 'a rule without a name' } : noRule
    },
  }
}
