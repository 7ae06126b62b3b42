import { afterAll, describe, expect, test } from 'vitest'
import { readChart, statesOf } from '../../src/machines/chart.ts'
import { taskMachine } from '../../src/machines/task-machine.ts'
import type { TaskPath } from './task-paths.ts'
import { exploreTask } from './task-paths.ts'
import { TaskWorld } from './task-world.ts'

const { states, transitions, pairs } = exploreTask()
const chart = statesOf(readChart(taskMachine))
const declared = chart.flatMap((state) => [...state.transitions.values()].flat().map(({ id }) => id))
const crossCutting = ['cancel', 'timeout', 'pause', 'resume', 'lease.lost', 'handler.completed', 'deadline', 'shutdown']
const living = chart.filter(({ parent, type }) => parent?.parent === null && type !== 'final').map(({ key }) => key)

const taken = new Set<string>()
const met = new Set<string>()

async function live({ steps }: TaskPath): Promise<void> {
  const world = new TaskWorld()
  await world.live(steps)
  for (const id of world.taken) taken.add(id)
  for (const pair of world.met) met.add(pair)
}

describe('every transition of the task machine, on the real runtime', () => {
  test('the machine declares no transition that cannot be taken', () => {
    expect(declared.filter((id) => !transitions.has(id))).toEqual([])
  })

  test.each([...transitions].map(([id, path]) => ({ id, path, title: path.title })))(
    '$title ($id)',
    async ({ id, path }) => {
      await live(path)
      expect([...taken], 'the real task took it').toContain(id)
    },
  )
})

describe('every stage gives an answer to everything that cuts across stages', () => {
  const crossings = living.flatMap((stage) => crossCutting.map((event) => `${stage} ${event}`))

  test('the machine answers each', () => {
    expect(crossings.filter((pair) => !pairs.has(pair))).toEqual([])
  })

  test.each(crossings)('%s', async (pair) => {
    const path = pairs.get(pair)
    if (path) await live(path)
    expect([...met]).toContain(pair)
  })
})

afterAll(() => {
  console.log(
    `task machine: ${states} states explored, ${taken.size} of ${declared.length} transitions taken, ${met.size} pairs of stage and message met`,
  )
})
