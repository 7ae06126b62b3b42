import type { Resource } from '../model/access.ts'
import { refuse } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import type { AccessRequest, Decision, Policy } from './policy.ts'
import { noRule } from './policy.ts'

interface EntityName {
  type: string
  id: string
}

type CedarValue =
  | { __extn: { fn: string; arg: string } }
  | boolean
  | number
  | string
  | CedarValue[]
  | { [name: string]: CedarValue }

interface Entity {
  uid: EntityName
  attrs: Record<string, CedarValue>
  parents: EntityName[]
}

interface Failed {
  readonly type: 'failure'
  readonly errors: readonly { readonly message: string }[]
}

/** What is used of `@cedar-policy/cedar-wasm/nodejs`: the host brings it along. */
export interface CedarModule {
  policySetTextToParts(text: string): { type: 'success'; policies: string[]; policy_templates: string[] } | Failed
  policyToJson(
    policy: string,
  ): { type: 'success'; json: { effect: 'permit' | 'forbid'; annotations?: Record<string, string> } } | Failed
  preparsePolicySet(id: string, policies: { staticPolicies: Record<string, string> }): { type: 'success' } | Failed
  statefulIsAuthorized(call: {
    principal: EntityName
    action: EntityName
    resource: EntityName
    context: Record<string, CedarValue>
    preparsedPolicySetId: string
    entities: Entity[]
  }):
    | {
        type: 'success'
        response: {
          decision: 'allow' | 'deny'
          diagnostics: { reason: string[]; errors: { policyId: string; error: { message: string } }[] }
        }
      }
    | Failed
}

/** Entity types are capitalised, as Cedar's own examples have them. */
const entityTypes = { agent: 'Agent', person: 'Person', system: 'System' } as const

/** Cedar counts in whole numbers; others are decimals of four places there. `null` and `undefined` it does not know. */
function cedarValue(value: unknown): CedarValue | null {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? value : { __extn: { fn: 'decimal', arg: value.toFixed(4) } }
  if (Array.isArray(value)) return value.flatMap((item) => cedarValue(item) ?? [])
  if (typeof value === 'object' && value !== null) return attributesOf(value)
  return null
}

function attributesOf(fields: object): Record<string, CedarValue> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const value = cedarValue(field)
      return value === null ? [] : [[name, value]]
    }),
  )
}

function principalEntity({ id, kind, tenant, attributes }: Omit<Principal, 'weight'>): Entity {
  return {
    uid: { type: entityTypes[kind], id },
    attrs: attributesOf({ id, kind, tenant, attributes: attributes ?? {} }),
    parents: [],
  }
}

function resourceEntity(resource: Resource): Entity {
  switch (resource.kind) {
    case 'task': {
      const { kind: _, ...fields } = resource
      return { uid: { type: 'Task', id: resource.id }, attrs: attributesOf(fields), parents: [] }
    }
    case 'pool': {
      const { pool, resource: name } = resource
      return { uid: { type: 'Pool', id: `${pool}/${name}` }, attrs: { pool, resource: name }, parents: [] }
    }
    case 'principal': {
      const { id, principalKind: kind, tenant } = resource
      return principalEntity({ id, kind, ...(tenant !== null && { tenant }) })
    }
    default:
      return { uid: { type: 'Runtime', id: 'runtime' }, attrs: {}, parents: [] }
  }
}

function invalid({ errors }: Failed) {
  return refuse(
    'OPTIONS_INVALID',
    'the Cedar policies are not valid',
    errors.map(({ message }) => message),
  )
}

interface Rules {
  readonly texts: Record<string, string>
  readonly forbidding: ReadonlySet<string>
}

/** Each policy by its name: its annotation `@id("…")`, or else its place. @throws RefusedError `OPTIONS_INVALID` */
function rulesOf(cedar: CedarModule, text: string): Rules {
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure') throw invalid(parts)
  const problems = parts.policy_templates.length > 0 ? ['there are templates, and nothing that fills them in'] : []
  const texts: Record<string, string> = {}
  const forbidding = new Set<string>()
  for (const [place, policy] of parts.policies.entries()) {
    const read = cedar.policyToJson(policy)
    if (read.type === 'failure') throw invalid(read)
    const name = read.json.annotations?.id ?? `policy ${place + 1}`
    if (Object.hasOwn(texts, name)) problems.push(`two policies are named ${name}`)
    texts[name] = policy
    if (read.json.effect === 'forbid') forbidding.add(name)
  }
  if (problems.length > 0) throw refuse('OPTIONS_INVALID', 'the Cedar policies are not valid', problems)
  return { texts, forbidding }
}

/** Cedar keeps policies that it has read, by name. */
let policySets = 0

/**
 * A policy of rules, by Cedar. Principals are `Agent`, `Person` and `System`; resources `Task`, `Pool` (`"default/slots"`),
 * `Runtime::"runtime"`, and principals; actions `Action::"submit"` …; with the fields that any policy is given.
 * @param cedar `import * as cedar from '@cedar-policy/cedar-wasm/nodejs'`
 * @param text the policies; `@id("…")` names one in refusals and in the audit log
 * @throws RefusedError `OPTIONS_INVALID` with every problem that Cedar names
 */
export function cedarPolicy(cedar: CedarModule, text: string, name = 'rules'): Policy {
  const { texts, forbidding } = rulesOf(cedar, text)
  policySets += 1
  const preparsedPolicySetId = `taskwright ${policySets}`
  const parsed = cedar.preparsePolicySet(preparsedPolicySetId, { staticPolicies: texts })
  if (parsed.type === 'failure') throw invalid(parsed)
  return {
    name,
    decide({ principal, action, resource }: AccessRequest): Decision {
      const who = principalEntity(principal)
      const what = resourceEntity(resource)
      const isSelf = who.uid.type === what.uid.type && who.uid.id === what.uid.id
      const answer = cedar.statefulIsAuthorized({
        principal: who.uid,
        action: { type: 'Action', id: action },
        resource: what.uid,
        context: {},
        preparsedPolicySetId,
        entities: isSelf ? [who] : [who, what],
      })
      if (answer.type === 'failure')
        return { allowed: false, rule: `Cedar failed: ${answer.errors.map(({ message }) => message).join('; ')}` }
      const { decision, diagnostics } = answer.response
      // Cedar leaves out a policy that it cannot evaluate: one that forbids must not be got round so.
      const failed = diagnostics.errors.find(({ policyId }) => forbidding.has(policyId))
      if (failed) return { allowed: false, rule: `${failed.policyId} failed: ${failed.error.message}` }
      if (diagnostics.reason.length === 0) return noRule
      return { allowed: decision === 'allow', rule: diagnostics.reason.toSorted().join(', ') }
    },
  }
}
