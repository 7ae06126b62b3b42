import type { RuntimeEvent } from 'taskwright'
import { caslPolicy, defineTask, ForbiddenError } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from '../integration/crashing-host.ts'
import { untyped } from '../integration/untyped.ts'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { ada, asking, bob, deploy, eve, operator, policy, work } from './two-agents.ts'

const tasks = [work, deploy, asking]

function world(options = {}) {
  return virtualWorld({ tasks, policy, ...options })
}

const forbidden = (rule: string) => ({ code: 'FORBIDDEN', rule })

describe('what is done', () => {
  test('nothing is allowed that no rule allows, for the host either', async () => {
    const { runtime } = await virtualWorld({ tasks, policy: caslPolicy(() => [], 'nothing') })
    await expect(runtime.submit(work, {})).rejects.toMatchObject(forbidden('no rule allows it'))
    expect(runtime.list()).toEqual([])
    expect(() => runtime.pause()).toThrow(ForbiddenError)
    expect(() => runtime.registry).toThrow(ForbiddenError)
    expect(() => runtime.actor).toThrow(ForbiddenError)
    await expect(runtime.resize('slots', 1)).rejects.toMatchObject(forbidden('no rule allows it'))
    await expect(runtime.drain()).rejects.toThrow(ForbiddenError)
    await runtime.stop()
  })

  test('a refusal says who, what, and by which rule; nothing was done', async () => {
    const { runtime, events } = await world()
    const refusal: unknown = await runtime
      .as(ada)
      .submit(deploy, null)
      .catch((thrown: unknown) => thrown)
    expect(refusal).toMatchObject(forbidden('no deploys'))
    expect(String(refusal)).toMatch(/agent ada of acme may not submit task task_1 \(deploy\): no deploys/)
    expect(events.filter(({ type }) => type === 'task.created')).toEqual([])
  })

  test('the rules hold for the instance: its type, priority, principal', async () => {
    const { runtime, run } = await world()
    const face = runtime.as(ada)
    expect(face.principal).toEqual({ id: 'ada', kind: 'agent', weight: 1, tenant: 'acme' })
    await expect(face.submit(work, {}, { priority: 'critical' })).rejects.toMatchObject(forbidden('not urgent'))
    const handle = await face.submit(work, { ms: 50 }, { priority: 'high' })
    expect(() => face.reprioritise(handle.id, 'critical')).toThrow('not urgent')
    face.reprioritise(handle.id, 'low')
    expect(await run(handle.result())).toBe('ada')
  })

  test('what has ended is tried again by who may, in the name of whom it acted for, as that may still submit it', async () => {
    const { runtime, run } = await world()
    const handle = await runtime.as(ada).submit(work, {})
    await run(handle.result())
    await expect(runtime.as(bob).retry(handle.id)).rejects.toMatchObject(forbidden('no rule allows it'))
    await expect(runtime.as(ada).retry(handle.id)).rejects.toMatchObject(forbidden('no rule allows it'))
    await expect(runtime.as(eve).retry(handle.id)).rejects.toMatchObject({ code: 'UNKNOWN_TASK' })
    const again = await runtime.as(operator).retry(handle.id)
    expect(await run(again.result())).toBe('ada')
    expect(again.view().principal).toBe('ada')
    runtime.govern(caslPolicy(({ id }) => [{ name: 'all', action: 'manage', subject: id === 'ada' ? 'pool' : 'all' }]))
    await expect(runtime.as(operator).retry(handle.id)).rejects.toThrow('agent ada of acme may not submit')
  })

  test('what belongs to another is cancelled, answered, paused and undone by who may', async () => {
    const { runtime, run, advance } = await world()
    const { id } = await runtime.as(ada).submit(asking, null)
    await advance(1)
    const seen = runtime.as(bob).get(id)
    await expect(seen?.cancel()).rejects.toMatchObject(forbidden('no rule allows it'))
    await expect(seen?.answer('yes')).rejects.toMatchObject(forbidden('no rule allows it'))
    await expect(seen?.rollBack()).rejects.toMatchObject(forbidden('no rule allows it'))
    for (const reach of [() => seen?.pause(), () => seen?.resume(), () => seen?.actor, () => seen?.handlerActor])
      expect(reach).toThrow(ForbiddenError)
    expect(() => runtime.as(bob).reprioritise(id, 'low')).toThrow(ForbiddenError)
    await run(runtime.as(operator).get(id)?.answer('of course') ?? Promise.reject(new Error('not seen')))
    expect(await run(runtime.as(ada).get(id)?.result() ?? Promise.resolve())).toBe('of course')
  })

  test('another policy holds from the next action on', async () => {
    const { runtime } = await world()
    expect(() => runtime.as(ada).govern(policy)).toThrow(ForbiddenError)
    runtime.as(operator).govern(caslPolicy(() => [{ name: 'stop', action: 'stop', subject: 'runtime' }], 'closed'))
    await expect(runtime.as(ada).submit(work, {})).rejects.toMatchObject(forbidden('no rule allows it'))
    expect(() => runtime.as(operator).govern(policy)).toThrow(ForbiddenError)
  })

  test('a policy that throws, or answers something else than yes, refuses', async () => {
    const broken = {
      name: 'broken',
      decide: () => {
        throw new Error('out of order')
      },
    }
    const { runtime } = await virtualWorld({ tasks, policy: broken })
    await expect(runtime.submit(work, {})).rejects.toMatchObject(forbidden('the policy failed: out of order'))
    const vague = {
      name: 'vague',
      decide: () => untyped<{ allowed: boolean; rule: string }>({ allowed: 'maybe', rule: 'vague' }),
    }
    const other = await virtualWorld({ tasks, policy: vague })
    await expect(other.runtime.submit(work, {})).rejects.toMatchObject(forbidden('vague'))
  })

  test('asked about a kind instead of an instance, the rules answer no', () => {
    const principal = { id: 'ada', kind: 'agent', weight: 1 } as const
    expect(policy.decide({ principal, action: 'read', resource: untyped('task') }).allowed).toBe(false)
  })
})

describe('what is read', () => {
  async function busy() {
    const seen = await world({ pools: { default: { slots: 1 }, money: { usd: { budget: 5 } } } })
    const { runtime } = seen
    const mine = await runtime.as(ada).submit(work, { ms: 100 })
    const theirs = await runtime.as(eve).submit(work, { ms: 100 })
    return { ...seen, mine, theirs }
  }

  test('lists, views, questions and results show what may be read', async () => {
    const { runtime, mine, theirs, advance } = await busy()
    await runtime.as(eve).submit(asking, null)
    await advance(1)
    const ids = (face: typeof runtime) => face.list().map(({ id }) => id)
    expect(ids(runtime.as(ada))).toEqual([mine.id])
    expect(ids(runtime.as(bob))).toEqual([mine.id])
    expect(ids(runtime.as(eve))).toContain(theirs.id)
    expect(ids(runtime.as(operator))).toHaveLength(3)
    expect(runtime.as(bob).get(theirs.id)).toBeUndefined()
    expect(runtime.as(bob).get(mine.id)?.view().principal).toBe('ada')
    expect(() => runtime.as(bob).reprioritise(theirs.id, 'low')).toThrow(`no task ${theirs.id}`)
    await advance(300)
    expect(runtime.as(operator).questions()).toHaveLength(1)
    expect(runtime.as(ada).questions()).toEqual([])
  })

  test('events and the journal tell of what may be read alone', async () => {
    const { runtime, run } = await world()
    const told: RuntimeEvent[] = []
    runtime.as(bob).on('*', (event) => told.push(event))
    const face = runtime.as(ada)
    const mine = await face.submit(work, {})
    const theirs = await runtime.as(eve).submit(work, {})
    await run(mine.outcome())
    await run(theirs.outcome())
    await runtime.as(operator).resize('slots', 4)
    expect(new Set(told.map((event) => ('taskId' in event ? event.taskId : event.type)))).toEqual(new Set([mine.id]))
    expect(told.map(({ type }) => type)).toContain('task.completed')
    const kept = [...runtime.as(eve).journal()]
    expect(new Set(kept.map((event) => ('taskId' in event ? event.taskId : event.type)))).toEqual(new Set([theirs.id]))
    expect([...runtime.as(operator).journal()].some(({ type }) => type === 'pool.resized')).toBe(true)
  })

  test('figures count what may be read', async () => {
    const { runtime, mine, run } = await busy()
    await run(mine.outcome())
    const stats = runtime.as(bob).stats()
    expect(stats.byStage.completed).toBe(1)
    expect(stats.ended).toBe(1)
    expect(stats.byType['work']?.runTime.count).toBe(1)
    expect(stats.resources.map(({ resource }) => resource)).toEqual(['slots'])
    expect(
      runtime
        .as(bob)
        .resources()
        .map(({ resource }) => resource),
    ).toEqual(['slots'])
    expect(
      runtime
        .as(operator)
        .resources()
        .map(({ resource }) => resource),
    ).toEqual(['slots', 'usd'])
    expect(runtime.as(operator).stats().byStage.executing).toBe(1)
  })

  test('why a task waits does not name the tasks of others', async () => {
    const { runtime, mine, theirs, advance } = await busy()
    await advance(1)
    expect(runtime.as(ada).explain(theirs.id)).toBeNull()
    const reason = runtime.as(eve).explain(theirs.id)
    expect(reason?.unmet[0]?.holders).toEqual([])
    expect(JSON.stringify(reason)).not.toContain(mine.id)
    expect(runtime.as(operator).explain(theirs.id)?.unmet[0]?.holders).toEqual([mine.id])
  })

  test('what may not be read cannot be waited for, and its key is not taken', async () => {
    const { runtime, theirs } = await busy()
    const waiting = runtime.as(ada).submit(work, {}, { after: [theirs.id] })
    const unknown = runtime.as(ada).submit(work, {}, { after: ['task_99'] })
    const [first, second] = await Promise.allSettled([waiting, unknown])
    expect(first).toMatchObject({ reason: { code: 'DEPENDENCY_UNKNOWN' } })
    expect(second).toMatchObject({ reason: { code: 'DEPENDENCY_UNKNOWN' } })
    const one = await runtime.as(eve).submit(work, {}, { dedupeKey: 'k' })
    const other = await runtime.as(ada).submit(work, {}, { dedupeKey: 'k' })
    const again = await runtime.as(ada).submit(work, {}, { dedupeKey: 'k' })
    expect(other.id).not.toBe(one.id)
    expect(again.id).toBe(other.id)
  })
})

describe('on behalf of others', () => {
  const spawning = defineTask({
    type: 'spawning',
    kind: 'control',
    input: z.object({ type: z.enum(['work', 'deploy']), principal: z.string().nullable() }),
    demand: {},
    async run(task, { type, principal }) {
      // Reached again after a recovery.
      await task.ask(z.string(), 'now?')
      const options = principal === null ? {} : { principal: { id: principal, kind: 'person' as const } }
      const child = await (type === 'work' ? task.submit(work, {}, options) : task.submit(deploy, null, options))
      return child.result()
    },
  })

  /** Starts a task that acts for olga, and would deploy. */
  const nesting = defineTask({
    type: 'nesting',
    kind: 'control',
    input: z.null(),
    demand: {},
    run: async (task) =>
      (
        await task.submit(spawning, { type: 'deploy', principal: null }, { principal: { id: 'olga', kind: 'person' } })
      ).result(),
  })

  const mayDelegate = caslPolicy((principal) => {
    if (principal.id === 'olga') return [{ name: 'operators', action: 'manage', subject: 'all' }]
    return [
      { name: 'agents', action: ['submit', 'read', 'answer'], subject: 'task' },
      { name: 'no deploys', action: 'submit', subject: 'task', conditions: { type: 'deploy' }, inverted: true },
      { name: 'ask olga', action: 'delegate', subject: 'principal', conditions: { id: 'olga' } },
    ]
  })

  async function spawned(input: z.input<typeof spawning.input>, isRecovered: boolean) {
    const host = new CrashingHost()
    const options = { tasks: [spawning, work, deploy], policy: mayDelegate }
    const first = await host.boot(options)
    const { id } = await first.runtime.as('ada').submit(spawning, input)
    await first.advance(1)
    if (isRecovered) host.crash()
    const { runtime, run, advance } = isRecovered ? await host.boot(options) : first
    await advance(2_000)
    const handle = runtime.as('ada').get(id)
    await run(handle?.answer('go') ?? Promise.reject(new Error('it is gone')))
    return { outcome: await run(handle?.outcome() ?? Promise.reject(new Error('it is gone'))), runtime }
  }

  for (const isRecovered of [false, true]) {
    describe(isRecovered ? 'after a recovery' : 'in one process', () => {
      test('a child acts for its parent’s principal, with its rights', async () => {
        expect((await spawned({ type: 'work', principal: null }, isRecovered)).outcome).toMatchObject({ output: 'ada' })
        const { outcome } = await spawned({ type: 'deploy', principal: null }, isRecovered)
        expect(outcome).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('no deploys') } })
      })

      test('a child that acts for another has no more rights than its parent', async () => {
        const { outcome, runtime } = await spawned({ type: 'work', principal: 'olga' }, isRecovered)
        expect(outcome).toMatchObject({ output: 'olga' })
        expect(runtime.as('olga').list({ principal: 'olga' })).toHaveLength(1)
        const refused = await spawned({ type: 'deploy', principal: 'olga' }, isRecovered)
        expect(refused.outcome).toMatchObject({
          failure: { message: expect.stringContaining('person olga on behalf of agent ada may not submit') },
        })
      })

      test('whom it may not act for it does not act for', async () => {
        const { outcome } = await spawned({ type: 'work', principal: 'bob' }, isRecovered)
        expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('may not delegate person bob') } })
      })
    })
  }

  test('a task that acts for another keeps within the rights of both after a recovery', async () => {
    const host = new CrashingHost()
    const options = { tasks: [spawning, work, deploy, nesting], policy: mayDelegate }
    const first = await host.boot(options)
    await first.runtime.as('ada').submit(nesting, null)
    await first.advance(1)
    host.crash()
    const { runtime, run, advance } = await host.boot(options)
    await advance(2_000)
    const [inner] = runtime.as('olga').list({ type: 'spawning' })
    const handle = runtime.as('olga').get(inner?.id ?? '')
    expect(inner?.principal).toBe('olga')
    await run(handle?.answer('go') ?? Promise.reject(new Error('it is gone')))
    expect(await run(handle?.outcome() ?? Promise.resolve(null))).toMatchObject({
      failure: { message: expect.stringContaining('person olga on behalf of agent ada may not submit') },
    })
  })

  test('a face of another does not lead to more rights', async () => {
    const { runtime, run } = await virtualWorld({ tasks, policy: mayDelegate })
    expect(() => runtime.as('ada').as('bob')).toThrow(ForbiddenError)
    const face = runtime.as('ada').as('olga')
    await expect(face.submit(deploy, null)).rejects.toMatchObject({ rule: 'no deploys, for agent ada' })
    expect(() => face.registry).toThrow(ForbiddenError)
    await expect(runtime.as('ada').submit(work, {}, { principal: 'bob' })).rejects.toThrow(ForbiddenError)
    const handle = await runtime.as('ada').submit(work, {}, { principal: 'olga' })
    expect(await run(handle.result())).toBe('olga')
    // The host hands principals in: for it, naming one is the same as acting for it.
    await expect(runtime.submit(deploy, null, { principal: 'ada' })).rejects.toMatchObject(forbidden('no deploys'))
  })

  test('a weight is not taken, it is given', async () => {
    const { runtime } = await virtualWorld({ tasks, policy: mayDelegate })
    const handle = await runtime.as('ada').submit(work, {}, { principal: { id: 'ada', weight: 1_000, kind: 'system' } })
    expect(
      runtime
        .as('olga')
        .list({ principal: 'ada' })
        .map(({ id }) => id),
    ).toEqual([handle.id])
    expect(runtime.as('ada').principal.weight).toBe(1)
  })
})

test('without a policy a face acts for its principal, and may do what the host may', async () => {
  const { runtime, run } = await virtualWorld({ tasks })
  const face = runtime.as(ada)
  const handle = await face.submit(work, {})
  expect(await run(handle.result())).toBe('ada')
  expect(face.get(handle.id)?.actor).toBe(handle.actor)
  expect(() => runtime.as({ id: '' })).toThrow('principal')
  expect(() => runtime.govern(policy)).toThrow('without a policy')
})
