import type { JournalRecord, RuntimeEvent, TaskContext, TaskDefinition } from 'taskwright'
import { defineTask, graph, map, parallel, sequence } from 'taskwright'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CrashingHost } from './crashing-host.ts'

interface Scenario {
  readonly definition: (host: CrashingHost) => TaskDefinition
  readonly input: unknown
  readonly status: string
  readonly output?: unknown
  readonly undone?: readonly string[]
}

const none = z.unknown()

/** A step that notes its work and its undo, and says whether it was run before. */
function noted(host: CrashingHost, task: TaskContext, name: string, work: () => unknown = () => undefined) {
  return task.step(
    name,
    async ({ inDoubt, idempotencyKey }) => {
      host.note(`${inDoubt ? 'again ' : ''}${idempotencyKey}`)
      await work()
      return name
    },
    {
      undo: (_, { idempotencyKey }) => host.note(`undo ${idempotencyKey}`),
      undoInDoubt: ({ idempotencyKey }) => host.note(`undo ${idempotencyKey}`),
    },
  )
}

const member = (host: CrashingHost, type: string, fails = false) =>
  defineTask({
    type,
    kind: 'processing',
    input: none,
    retry: { attempts: 1 },
    run: async (task) => {
      await noted(host, task, 'work', () => task.sleep(10))
      if (fails) throw new Error(`${type} fails`)
      return type
    },
  })

const scenarios: Record<string, Scenario> = {
  'three steps': {
    definition: (host) =>
      defineTask({
        type: 'plain',
        kind: 'processing',
        input: none,
        validate: async () => undefined,
        run: async (task) => {
          const done: string[] = []
          for (const name of ['a', 'b', 'c']) done.push(await noted(host, task, name, () => task.sleep(10)))
          return done.join('')
        },
      }),
    input: null,
    status: 'completed',
    output: 'abc',
  },
  'a step that fails twice': {
    definition: (host) => {
      let failures = 0
      return defineTask({
        type: 'flaky',
        kind: 'processing',
        input: none,
        retry: { attempts: 3, backoff: 100 },
        run: async (task) => {
          await noted(host, task, 'a')
          await task.sleep(5)
          if (failures < 2) {
            failures += 1
            throw new Error('not yet')
          }
          return noted(host, task, 'b')
        },
      })
    },
    input: null,
    status: 'completed',
    output: 'b',
  },
  'a rollback of three steps': {
    definition: (host) =>
      defineTask({
        type: 'doomed',
        kind: 'processing',
        input: none,
        retry: { attempts: 1 },
        rollback: (_, { id }) => host.note(`rollback ${id}`),
        run: async (task) => {
          for (const name of ['a', 'b', 'c']) await noted(host, task, name, () => task.sleep(10))
          throw new Error('doomed')
        },
      }),
    input: null,
    status: 'failed',
    undone: ['c', 'b', 'a', 'rollback'],
  },
  'children with keys of their own': {
    definition: (host) => {
      const child = member(host, 'child')
      return defineTask({
        type: 'parent',
        kind: 'control',
        input: none,
        uses: [child],
        run: async (task) => {
          const children = await Promise.all([1, 2, 2].map((n) => task.submit(child, n)))
          await task.sleep(15)
          const results = await Promise.all(children.map((one) => one.result()))
          await task.sleep(5)
          return results.length
        },
      })
    },
    input: null,
    status: 'completed',
    output: 3,
  },
  'a sequence': {
    definition: (host) =>
      sequence({ type: 'flow', members: [member(host, 'one'), member(host, 'two'), member(host, 'three')] }),
    input: null,
    status: 'completed',
    output: 'three',
  },
  'a sequence that fails': {
    definition: (host) =>
      sequence({ type: 'flow', members: [member(host, 'one'), member(host, 'two'), member(host, 'bad', true)] }),
    input: null,
    status: 'failed',
  },
  'a parallel flow': {
    definition: (host) => parallel({ type: 'flow', members: { x: member(host, 'one'), y: member(host, 'two') } }),
    input: null,
    status: 'completed',
    output: { x: 'one', y: 'two' },
  },
  'a map': {
    definition: (host) => map({ type: 'flow', member: member(host, 'each'), concurrency: 2 }),
    input: [1, 1, 2],
    status: 'completed',
    output: ['each', 'each', 'each'],
  },
  'a graph': {
    definition: (host) =>
      graph({
        type: 'flow',
        input: none,
        nodes: (node) => {
          const one = member(host, 'one')
          const two = member(host, 'two')
          return {
            one: node(one, { input: () => 1 }),
            two: node(two, { input: () => 2 }),
            three: node(member(host, 'three'), { after: { one, two }, input: () => 3 }),
          }
        },
      }),
    input: null,
    status: 'completed',
    output: { one: 'one', two: 'two', three: 'three' },
  },
}

type Dies = (record: JournalRecord, count: number) => boolean

/** Lives through as many processes as there are ends given, and one more in which everything comes to its end. */
async function live({ definition, input }: Scenario, ends: readonly Dies[]) {
  const host = new CrashingHost()
  const tasks = [definition(host)]
  let id: string | null = null
  for (const diesAfter of [...ends, () => false]) {
    const process = await host.boot({ tasks, diesAfter })
    const isAccepted = host.recorded('task.created').length > 0
    if (host.isUp && !isAccepted) {
      const [first] = tasks
      if (!first) throw new Error('no task')
      process.runtime.submit(first, input).then(
        (handle) => {
          id = handle.id
        },
        () => undefined,
      )
    }
    await host.untilDown(process)
    if (host.isUp) break
    host.crash({ downMs: 7 })
  }
  const events = host.records().map(({ event }) => event)
  return { host, id, events, appended: host.appended }
}

const final = ['task.completed', 'task.failed', 'task.cancelled', 'task.rejected']

function isFinalOf(event: RuntimeEvent, id: string | undefined): boolean {
  return final.includes(event.type) && 'taskType' in event && event.taskId === id
}

function check(name: string, scenario: Scenario, { host, events }: Awaited<ReturnType<typeof live>>) {
  const created = events.flatMap((event) => (event.type === 'task.created' ? [event] : []))
  const [first] = created
  expect(first, name).toBeDefined()
  for (const { taskId } of created) {
    const ends = events.filter((event) => isFinalOf(event, taskId))
    expect(ends.length, `${name}: final records of ${taskId}`).toBe(1)
  }
  const end = events.find((event) => isFinalOf(event, first?.taskId))
  expect(end?.type, name).toBe(`task.${scenario.status}`)
  if (scenario.undone) expect(end, name).toMatchObject({ rollback: { status: 'complete', undone: scenario.undone } })
  // A step that did not end before the crash is run again, and is told so; one that did is not.
  const works = host.notes.filter((note) => !note.startsWith('again ') && !note.startsWith('undo '))
  expect(new Set(works).size, `${name}: ${host.notes.join(', ')}`).toBe(works.length)
  const seqs = host.records().map(({ event }) => event.seq)
  expect(seqs, name).toEqual([...seqs].sort((a, b) => a - b))
  expect(new Set(seqs).size, name).toBe(seqs.length)
  for (const event of events) expect(event, name).not.toMatchObject({ type: 'alert' })
}

/** A child that a crash interrupted is found again by its key: it is not submitted a second time. */
function createdIn(events: readonly RuntimeEvent[]): number {
  return events.filter(({ type }) => type === 'task.created').length
}

/** Each undo at most once, but the one that a crash interrupted. */
function checkUndos(name: string, host: CrashingHost, crashes: number) {
  const undos = host.notes.filter((note) => note.startsWith('undo '))
  expect(undos.length - new Set(undos).size, `${name}: ${host.notes.join(', ')}`).toBeLessThanOrEqual(crashes)
}

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  test('ends the same, whatever record is the last before a crash', async () => {
    const whole = await live(scenario, [])
    check('no crash', scenario, whole)
    for (let at = 1; at <= whole.appended; at += 1) {
      const result = await live(scenario, [(_, count) => count === at])
      const name = `crash after record ${at} (${whole.events[at - 1]?.type})`
      check(name, scenario, result)
      checkUndos(name, result.host, 1)
      // A member that failed is tried anew with its flow.
      if (scenario.status === 'completed') expect(createdIn(result.events), name).toBe(createdIn(whole.events))
      const process = await result.host.boot({ tasks: [scenario.definition(result.host)] })
      const [view] = process.runtime.list()
      if (scenario.output !== undefined)
        expect(view?.outcome, name).toMatchObject({ status: 'completed', output: scenario.output })
      const end = result.events.find((event) => isFinalOf(event, view?.id))
      expect(view?.outcome, name).toMatchObject({ attempts: end && 'attempts' in end ? end.attempts : null })
    }
  })

  test('ends the same after two crashes', async () => {
    const whole = await live(scenario, [])
    for (let at = 2; at <= whole.appended; at += 3) {
      for (let later = 2; later <= whole.appended; later += 5) {
        const result = await live(scenario, [(_, count) => count === at, (_, count) => count === later])
        const name = `crashes after record ${at} (${whole.events[at - 1]?.type}), then after ${later} more`
        check(name, scenario, result)
        checkUndos(name, result.host, 2)
      }
    }
  })
})
