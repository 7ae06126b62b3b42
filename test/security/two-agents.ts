import type { PolicyRule, Principal } from 'taskwright'
import { caslPolicy, defineTask } from 'taskwright'
import { z } from 'zod'

export const ada = { id: 'ada', tenant: 'acme' } as const
export const bob = { id: 'bob', tenant: 'acme' } as const
export const eve = { id: 'eve', tenant: 'rivals' } as const
export const operator = { id: 'olga', kind: 'person' } as const

/** Agents work on what is their own; those of a tenant see each other; a person may do everything. */
function rulesOf({ id, kind, tenant }: Principal): PolicyRule[] {
  if (kind !== 'agent') return [{ name: 'operators', action: 'manage', subject: 'all' }]
  const own = { principal: id }
  return [
    {
      name: 'own work',
      action: ['submit', 'read', 'cancel', 'answer', 'reprioritise'],
      subject: 'task',
      conditions: own,
    },
    { name: 'see the tenant', action: 'read', subject: 'task', conditions: { tenant } },
    { name: 'no deploys', action: 'submit', subject: 'task', conditions: { type: 'deploy' }, inverted: true },
    {
      name: 'not urgent',
      action: ['submit', 'reprioritise'],
      subject: 'task',
      conditions: { priority: { $gt: 3 } },
      inverted: true,
    },
    { name: 'see the slots', action: 'read', subject: 'pool', conditions: { pool: 'default' } },
  ]
}

export const policy = caslPolicy(rulesOf, 'two agents')

export const work = defineTask({
  type: 'work',
  kind: 'processing',
  input: z.object({ ms: z.number().default(0) }),
  run: async (task, { ms }) => {
    await task.sleep(ms)
    return task.principal.id
  },
})

export const deploy = defineTask({ type: 'deploy', kind: 'integration', input: z.null(), run: () => 'deployed' })

export const asking = defineTask({
  type: 'asking',
  kind: 'control',
  input: z.null(),
  run: (task) => task.ask(z.string(), 'go on?'),
})
