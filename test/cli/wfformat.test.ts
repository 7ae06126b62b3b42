import { describe, expect, it } from 'vitest'
import { parseWorkflow } from '../../src/cli/wfformat.ts'
import { problemsOf } from './problems-of.ts'
import { textOf, workflows } from './shipped-inputs.ts'

interface Task {
  id: string
  parents: unknown[]
  children?: unknown[]
}

const mebibyte = 2 ** 20

/** a → b, a → c, both → d, recorded in full. Each test damages its own copy. */
function diamond() {
  const tasks: Task[] = [
    { id: 'a', parents: [], children: ['b', 'c'] },
    { id: 'b', parents: ['a'], children: ['d'] },
    { id: 'c', parents: ['a'], children: ['d'] },
    { id: 'd', parents: ['b', 'c'], children: [] },
  ]
  const records: Record<string, unknown>[] = [
    { id: 'a', runtimeInSeconds: 1, avgCPU: 250.04, coreCount: 1 },
    { id: 'b', runtimeInSeconds: 2.5, avgCPU: 10, coreCount: 2, memoryInBytes: 1 },
    { id: 'c', runtimeInSeconds: 0, memoryInBytes: 3 * mebibyte },
    { id: 'd', runtimeInSeconds: 4 },
  ]
  const machines: unknown[] = [
    { nodeName: 'small', cpu: { coreCount: 1 }, memoryInBytes: 2 * mebibyte },
    { nodeName: 'bare' },
  ]
  return { tasks, records, machines }
}

function textWith(damage: (parts: ReturnType<typeof diamond>) => unknown, schemaVersion: unknown = '1.5'): string {
  const parts = diamond()
  damage(parts)
  const { tasks, records, machines } = parts
  const workflow = {
    specification: { tasks },
    execution: { makespanInSeconds: 9, executedAt: 'now', tasks: records, machines },
  }
  return JSON.stringify({ name: 'diamond', schemaVersion, workflow })
}

const refusal = (text: string) => problemsOf(() => parseWorkflow(text, 'file.json'))
const damaged = (damage: (parts: ReturnType<typeof diamond>) => unknown) => refusal(textWith(damage))

describe('a WfFormat 1.5 file', () => {
  it.each([
    [workflows.srasearch, 22, 30, 18_985.646, 48_000, 125_690],
    [workflows.montage, 58, 114, 221.726, 48_000, 125_690],
    [workflows.methylseq, 36, 70, 446.366, 1_000, 263],
  ])('%s is read whole', (file, tasks, edges, work, cpu, memory) => {
    const workflow = parseWorkflow(textOf(file), file)
    expect(workflow.tasks).toHaveLength(tasks)
    expect(workflow.tasks.flatMap(({ after }) => after)).toHaveLength(edges)
    expect(workflow.tasks.reduce((sum, { duration }) => sum + duration, 0)).toBeCloseTo(work, 6)
    expect(workflow.machine).toEqual({ cpu, memory })
  })

  it('gives durations in seconds, and what was asked for or used, whichever is more', () => {
    const { tasks } = parseWorkflow(
      textWith(() => {}),
      'file.json',
    )
    expect(tasks).toEqual([
      { id: 'a', duration: 1, after: [], demand: { cpu: 2_501, memory: 0 } },
      { id: 'b', duration: 2.5, after: ['a'], demand: { cpu: 2_000, memory: 1 } },
      { id: 'c', duration: 0, after: ['a'], demand: { cpu: 0, memory: 3 } },
      { id: 'd', duration: 4, after: ['b', 'c'], demand: { cpu: 0, memory: 0 } },
    ])
  })

  it('has places as large as its largest machine, and as its largest task', () => {
    expect(
      parseWorkflow(
        textWith(() => {}),
        'file.json',
      ).machine,
    ).toEqual({ cpu: 2_501, memory: 3 })
    const large = textWith(({ machines }) => machines.push({ cpu: { coreCount: 8 }, memoryInBytes: 9.5 * mebibyte }))
    expect(parseWorkflow(large, 'file.json').machine).toEqual({ cpu: 8_000, memory: 9 })
  })

  it('may leave children out, name a parent twice, and list tasks before their parents', () => {
    const text = textWith(({ tasks }) => {
      for (const task of tasks) delete task.children
      tasks[1]?.parents.push('a')
      tasks.reverse()
    })
    expect(parseWorkflow(text, 'file.json').tasks.map(({ id, after }) => [id, after])).toEqual([
      ['a', []],
      ['b', ['a']],
      ['c', ['a']],
      ['d', ['b', 'c']],
    ])
  })
})

describe('a damaged or foreign file is refused:', () => {
  it('not JSON', async () => {
    expect(await refusal('jobs (incl. supersource/sink ):  32')).toEqual([expect.stringContaining('it is not JSON')])
    expect(await refusal(textWith(() => {}).slice(0, -1))).toEqual([expect.stringContaining('it is not JSON')])
  })

  it.each(['null', '[]', '3', '{}', '{"tasks":[]}'])('%s', async (text) => {
    expect(await refusal(text)).toEqual(['it is not a WfFormat file: it has no schemaVersion'])
  })

  it.each(['1.4', '1.50', 1.5, null, { toString: 1 }])('schemaVersion %j', async (version) => {
    expect(await refusal(textWith(() => {}, version))).toEqual([
      `schemaVersion is ${JSON.stringify(version)}; taskwright reads WfFormat "1.5"`,
    ])
  })

  it('no tasks', async () => {
    const problems = await damaged(({ tasks, records }) => {
      tasks.splice(0)
      records.splice(0)
    })
    expect(problems).toEqual(['workflow.specification.tasks: the workflow has no tasks'])
  })

  it('no execution at all', async () => {
    const text = JSON.stringify({ schemaVersion: '1.5', workflow: { specification: { tasks: diamond().tasks } } })
    expect(await refusal(text)).toEqual([
      'workflow.execution: the file records no execution; taskwright replays recorded runtimes',
    ])
  })

  it('a task without an execution record, and a record without a task', async () => {
    expect(await damaged(({ records }) => records.splice(2, 1, { id: 'z', runtimeInSeconds: 1 }))).toEqual([
      'task "c" has no execution record',
      'an execution record names "z", which is not a task',
    ])
  })

  it('the same id twice', async () => {
    const problems = await damaged(({ tasks, records }) => {
      tasks.push({ id: 'd', parents: ['b', 'c'] })
      records.push({ id: 'a', runtimeInSeconds: 1 })
    })
    expect(problems).toEqual(['two tasks have the id "d"', 'task "a" has two execution records'])
  })

  it('an unknown parent or child', async () => {
    const problems = await damaged(({ tasks }) => {
      tasks[1]?.parents.push('nobody')
      tasks[3]?.children?.push('no one')
    })
    expect(problems).toEqual(['task "b" has an unknown parent "nobody"', 'task "d" has an unknown child "no one"'])
  })

  it('an edge that only one end knows', async () => {
    const problems = await damaged(({ tasks }) => {
      tasks[0]?.children?.pop()
      tasks[3]?.parents.shift()
    })
    expect(problems).toEqual([
      'task "b" has the child "d", which does not list it as a parent',
      'task "c" has the parent "a", which does not list it as a child',
    ])
  })

  it('a cycle, which is named', async () => {
    const problems = await damaged(({ tasks }) => {
      tasks[1]?.parents.push('d')
      tasks[3]?.children?.push('b')
    })
    expect(problems).toEqual(['the tasks form a cycle: "b" → "d" → "b"'])
  })

  it.each([
    [-1, 'must not be negative'],
    ['1', 'must be a number'],
    [null, 'must be a number'],
    [undefined, 'must be a number'],
  ])('a runtime of %s', async (runtimeInSeconds, message) => {
    expect(await damaged(({ records }) => records.splice(1, 1, { id: 'b', runtimeInSeconds }))).toEqual([
      `workflow.execution.tasks[1].runtimeInSeconds: ${message}`,
    ])
  })

  it('a runtime beyond floating point, or longer than a clock can tell', async () => {
    const text = textWith(() => {})
    expect(await refusal(text.replace('2.5', '1e999'))).toEqual([
      'workflow.execution.tasks[1].runtimeInSeconds: must be a number',
    ])
    expect(await refusal(text.replace('2.5', '1e300'))).toEqual([
      'the recorded runtimes add up to 1e+300 s; at most 1000000000 s can be replayed',
    ])
  })

  it('negative demands', async () => {
    const problems = await damaged(({ records }) => {
      records[0] = { id: 'a', runtimeInSeconds: 1, avgCPU: -1, coreCount: -1, memoryInBytes: -1 }
    })
    expect(problems).toEqual(
      ['coreCount', 'avgCPU', 'memoryInBytes'].map(
        (name) => `workflow.execution.tasks[0].${name}: must not be negative`,
      ),
    )
  })

  it('demands beyond what any machine has', async () => {
    const problems = await damaged(({ records }) => {
      records[0] = { id: 'a', runtimeInSeconds: 1, avgCPU: 1e300, coreCount: 1e7, memoryInBytes: 1e16 }
    })
    expect(problems).toEqual([
      'workflow.execution.tasks[0].coreCount: must not be more than 1000000',
      'workflow.execution.tasks[0].avgCPU: must not be more than 100000000',
      'workflow.execution.tasks[0].memoryInBytes: must not be more than 9007199254740991',
    ])
  })

  it('several things at once, every one told', async () => {
    const problems = await damaged(({ tasks, records }) => {
      tasks[1]?.parents.push('nobody')
      records.pop()
      tasks.push({ id: 'x', parents: ['x'] })
    })
    expect(problems).toEqual([
      'task "d" has no execution record',
      'task "x" has no execution record',
      'task "b" has an unknown parent "nobody"',
      'the tasks form a cycle: "x" → "x"',
    ])
  })
})
