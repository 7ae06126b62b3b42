import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { Action, Principal, Resource, TaskResource } from 'taskwright'
import { cedarPolicy } from 'taskwright'
import { expect, test } from 'vitest'
import { principalSchema } from '../../src/model/principal.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { ada, bob, deploy, eve, operator, policy as rules, work } from './two-agents.ts'

/** The rules of `two-agents.ts`, once more. */
const text = `
@id("operators")
permit (principal, action, resource) unless { principal is Agent };

@id("own work")
permit (
  principal is Agent,
  action in [Action::"submit", Action::"read", Action::"cancel", Action::"answer", Action::"reprioritise"],
  resource is Task
) when { resource.principal == principal.id };

@id("see the tenant")
permit (principal is Agent, action == Action::"read", resource is Task)
when { principal has tenant && resource has tenant && principal.tenant == resource.tenant };

@id("no deploys")
forbid (principal is Agent, action == Action::"submit", resource is Task) when { resource.type == "deploy" };

@id("not urgent")
forbid (principal is Agent, action in [Action::"submit", Action::"reprioritise"], resource is Task)
when { resource.priority > 3 };

@id("see the slots")
permit (principal is Agent, action == Action::"read", resource is Pool) when { resource.pool == "default" };
`
const policy = cedarPolicy(cedar, text, 'two agents in Cedar')

const task: TaskResource = {
  kind: 'task',
  id: 'task_1',
  type: 'work',
  version: 1,
  principal: 'ada',
  tenant: 'acme',
  parentId: null,
  priority: 2,
  demand: { slots: 1, usd: 0.25 },
  labels: { team: 'a' },
}
const resources: Resource[] = [
  task,
  { ...task, priority: 4 },
  { ...task, principal: 'bob' },
  { ...task, principal: 'eve', tenant: 'rivals' },
  { ...task, principal: 'nomad', tenant: null },
  { ...task, type: 'deploy' },
  { kind: 'pool', pool: 'default', resource: 'slots' },
  { kind: 'pool', pool: 'llm', resource: 'tokens' },
  { kind: 'principal', id: 'bob', principalKind: 'agent', tenant: 'acme' },
  { kind: 'principal', id: 'ada', principalKind: 'agent', tenant: 'acme' },
  { kind: 'runtime' },
]
const actions: Action[] = ['submit', 'read', 'cancel', 'pause', 'answer', 'reprioritise', 'resize', 'delegate', 'stop']
const principals: Principal[] = [ada, bob, eve, operator, 'nomad', { id: 'cron', kind: 'system' as const }].map((who) =>
  principalSchema.parse(who),
)

test('the same rules in Cedar and in CASL allow the same, by the same rule', () => {
  let allowed = 0
  for (const principal of principals) {
    for (const action of actions) {
      for (const resource of resources) {
        const [ours, theirs] = [policy, rules].map((one) => one.decide({ principal, action, resource }))
        expect({ principal, action, resource, allowed: ours?.allowed }).toEqual({
          principal,
          action,
          resource,
          allowed: theirs?.allowed,
        })
        // Of several that allow it, CASL names the last, and Cedar all.
        if (theirs) expect(ours?.rule).toContain(theirs.rule)
        if (ours?.allowed) allowed += 1
      }
    }
  }
  expect(allowed).toBeGreaterThan(200)
})

test('a runtime holds to it, and names its rules', async () => {
  const { runtime, run } = await virtualWorld({ tasks: [work, deploy], policy })
  await expect(runtime.as(ada).submit(deploy, null)).rejects.toMatchObject({ code: 'FORBIDDEN', rule: 'no deploys' })
  const handle = await runtime.as(ada).submit(work, { ms: 10 })
  await expect(runtime.as(bob).get(handle.id)?.cancel()).rejects.toMatchObject({ rule: 'no rule allows it' })
  expect(runtime.as(eve).get(handle.id)).toBeUndefined()
  expect(await run(handle.result())).toBe('ada')
  await runtime.stop()
})

test('what forbids, and cannot be evaluated, forbids; what allows does not', () => {
  const permitted = cedarPolicy(
    cedar,
    'permit (principal, action, resource); @id("costs") forbid (principal, action, resource) when { resource.demand.usd > 1 };',
  )
  const [principal] = principals
  const request = { principal: principal ?? principalSchema.parse('x'), action: 'submit' as const }
  // 0.25 is no whole number, and cannot be compared with one.
  expect(permitted.decide({ ...request, resource: task })).toMatchObject({ allowed: false, rule: /costs failed: / })
  expect(permitted.decide({ ...request, resource: { ...task, demand: { usd: 1 } } })).toMatchObject({ allowed: true })
  const decimal = cedarPolicy(
    cedar,
    'permit (principal, action, resource) when { resource.demand.usd.lessThan(decimal("0.3")) };',
  )
  expect(decimal.decide({ ...request, resource: task })).toMatchObject({ allowed: true })
  expect(decimal.decide({ ...request, resource: { ...task, demand: {} } })).toEqual({
    allowed: false,
    rule: 'no rule allows it',
  })
})

test('names that Cedar has a meaning for are names', () => {
  const agents = cedarPolicy(cedar, 'permit (principal is Agent, action, resource);')
  const people = cedarPolicy(cedar, 'permit (principal is Person, action, resource);')
  const action = 'submit' as const
  const forged = principalSchema.parse({ id: 'Person::"olga"', attributes: { kind: 'person', __entity: 'Person' } })
  expect(agents.decide({ principal: forged, action, resource: task }).allowed).toBe(true)
  expect(people.decide({ principal: forged, action, resource: task }).allowed).toBe(false)
  for (const name of ['__entity', '__extn', '__proto__']) {
    const labels = Object.fromEntries([[name, 'Person::"olga"']])
    expect(people.decide({ principal: forged, action, resource: { ...task, labels } }).allowed).toBe(false)
  }
})

test.each([
  ['no Cedar', 'permit everything', /unexpected token/],
  [
    'two of a name',
    '@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);',
    /two policies are named a/,
  ],
  ['a template', 'permit (principal == ?principal, action, resource);', /templates/],
])('is refused: %s', (_, bad, problem) => {
  expect(() => cedarPolicy(cedar, bad)).toThrow(
    expect.objectContaining({
      code: 'OPTIONS_INVALID',
      problems: expect.arrayContaining([expect.stringMatching(problem)]),
    }),
  )
})
