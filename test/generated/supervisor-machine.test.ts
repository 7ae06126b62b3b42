import { afterAll, describe, expect, test } from 'vitest'
import { declared, supervisorSuite } from './supervisor-suite.ts'

const suite = supervisorSuite()
const taken = () => suite.coverage().transitions.filter(({ hits }) => hits > 0)

describe('every transition of the supervisor machine, and every message in every state, on the real runtime', () => {
  test.each([...suite])('$name', ({ run }) => run())
})

test('the machine declares no transition that cannot be taken', () => {
  const ids = taken().map(({ id }) => id)
  expect(declared.filter((id) => !ids.includes(id))).toEqual([])
})

afterAll(() => {
  const pairs = suite.coverage().pairs.length
  console.log(
    `supervisor machine: ${suite.paths} paths, ${taken().length} of ${declared.length} transitions taken, ${pairs} pairs of a state and a message`,
  )
})
