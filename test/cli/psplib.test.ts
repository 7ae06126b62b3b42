import { describe, expect, it } from 'vitest'
import { parsePsplib } from '../../src/cli/psplib.ts'
import { problemsOf } from './problems-of.ts'
import { textOf } from './shipped-inputs.ts'

const whole = textOf('rcpsp/same-instant.sm')

/** What is wrong with the instance once `from` is written as `to`. */
function damaged(from: string | RegExp, to: string): Promise<readonly string[]> {
  const text = whole.replace(from, to)
  expect(text).not.toBe(whole)
  return problemsOf(() => parsePsplib(text, 'file.sm'))
}

describe('a .sm file', () => {
  it('is read whole: jobs by number, precedence as parents, requests by resource', () => {
    expect(parsePsplib(whole, 'file.sm')).toEqual({
      capacities: { R1: 2, R2: 1, R3: 1, R4: 1 },
      activities: [
        { id: '1', duration: 0, after: [], demand: { R1: 0, R2: 0, R3: 0, R4: 0 } },
        { id: '2', duration: 3, after: ['1'], demand: { R1: 1, R2: 0, R3: 0, R4: 0 } },
        { id: '3', duration: 3, after: ['1'], demand: { R1: 1, R2: 0, R3: 0, R4: 0 } },
        { id: '4', duration: 4, after: ['2'], demand: { R1: 1, R2: 0, R3: 0, R4: 0 } },
        { id: '5', duration: 4, after: ['2'], demand: { R1: 2, R2: 0, R3: 0, R4: 0 } },
        { id: '6', duration: 2, after: ['3', '5'], demand: { R1: 1, R2: 0, R3: 0, R4: 0 } },
        { id: '7', duration: 0, after: ['4', '6'], demand: { R1: 0, R2: 0, R3: 0, R4: 0 } },
      ],
    })
  })

  it('may end its lines in CRLF', () => {
    expect(parsePsplib(whole.replaceAll('\n', '\r\n'), 'file.sm')).toEqual(parsePsplib(whole, 'file.sm'))
  })
})

describe('a damaged or foreign .sm file is refused:', () => {
  it('something else altogether', async () => {
    const problems = await problemsOf(() => parsePsplib('{"schemaVersion":"1.5"}', 'file.sm'))
    expect(problems).toHaveLength(7)
    expect(problems[0]).toBe(
      'it does not say how many jobs (incl. supersource/sink ) there are; is it a PSPLIB .sm file?',
    )
  })

  it('no section of capacities', async () => {
    expect(await damaged('RESOURCEAVAILABILITIES', 'RESOURCES')).toEqual([
      'it has no section RESOURCEAVAILABILITIES; is it a PSPLIB .sm file?',
    ])
  })

  it('cut short', async () => {
    const text = whole.slice(0, whole.indexOf('  6      1     2'))
    const problems = await problemsOf(() => parsePsplib(text, 'file.sm'))
    expect(problems).toEqual([
      'the section REQUESTS/DURATIONS has no end; the file was cut short',
      'it has no section RESOURCEAVAILABILITIES; is it a PSPLIB .sm file?',
    ])
  })

  it('resources or modes that cannot be scheduled', async () => {
    expect(await damaged('nonrenewable              :  0', 'nonrenewable              :  2')).toEqual([
      'it has 2 nonrenewable resources; only renewable ones can be scheduled',
    ])
    expect(await damaged('doubly constrained        :  0', 'doubly constrained        :  1')).toEqual([
      'it has 1 doubly constrained resources; only renewable ones can be scheduled',
    ])
    expect(await damaged('   2        1          2', '   2        3          2')).toEqual([
      'line 16: job 2 has 3 modes; only one can be scheduled',
    ])
  })

  it.each(['-3', '3.5', 'three', '1e400'])('a duration of %s', async (duration) => {
    const problems = await damaged('2      1     3', `2      1     ${duration}`)
    expect(problems).toEqual([expect.stringMatching(/^line 27 must be whole numbers, not negative: "2 {6}1/)])
  })

  it('a job without a row, twice, or of no number', async () => {
    expect(await damaged(/^ {3}4 {8}1.*\n/m, '')).toEqual([
      'PRECEDENCE RELATIONS has rows for 6 of 7 jobs; the first without one is 4',
    ])
    expect(await damaged('   4        1 ', '   3        1 ')).toEqual([
      'line 18: job 3 has a second row in PRECEDENCE RELATIONS',
      'PRECEDENCE RELATIONS has rows for 6 of 7 jobs; the first without one is 4',
    ])
    expect(await damaged('  7      1     0', '  8      1     0')).toEqual([
      'line 32: there is no job 8; there are 7',
      'REQUESTS/DURATIONS has rows for 6 of 7 jobs; the first without one is 7',
    ])
    expect(await damaged('sink ):  7', 'sink ):  999999999')).toEqual([
      'PRECEDENCE RELATIONS has rows for 7 of 999999999 jobs; the first without one is 8',
      'REQUESTS/DURATIONS has rows for 7 of 999999999 jobs; the first without one is 8',
    ])
  })

  it('successors that are not there, or not as many as announced', async () => {
    expect(await damaged('2           4   5', '2           4   9')).toEqual([
      'line 16: job 2 has an unknown successor 9',
    ])
    expect(await damaged('2           4   5', '2           4')).toEqual([
      'line 16: job 2 announces 2 successors and lists 1',
    ])
  })

  it('a cycle, which is named', async () => {
    expect(await damaged(/(\n {3}6 .*) 7\n/, '$1 3\n')).toEqual(['the jobs form a cycle: 3 → 6 → 3'])
  })

  it('requests that could never fit, or not one for each resource', async () => {
    expect(await damaged('5      1     4       2    0', '5      1     4       3    2')).toEqual([
      'job 5 asks for 3 of R1, and there are 2',
      'job 5 asks for 2 of R2, and there are 1',
    ])
    expect(await damaged('5      1     4       2    0', '5      1     4       2')).toEqual([
      'line 30: job 5 must have a duration and 4 requests',
    ])
    expect(await damaged('    2    1    1    1', '    2    1    1')).toEqual([
      'RESOURCEAVAILABILITIES must be one row of 4 amounts',
    ])
  })
})
