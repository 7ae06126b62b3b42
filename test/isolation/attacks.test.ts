import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { probeProcessSupport } from '../../src/isolation/process-support.ts'
import { attacks } from './attacks/attacks.ts'
import type { AttackedLevel } from './attacks/levels.ts'
import { attackedLevels, isPromised } from './attacks/levels.ts'
import { outcomeTable, promisesOf, tableIn } from './attacks/outcome-table.ts'
import type { AttackOutcome } from './attacks/run-attacks.ts'
import { runAttacks } from './attacks/run-attacks.ts'

const outcomes = new Map<AttackedLevel, AttackOutcome[]>()
/** Where bubblewrap works; else why the level process is refused, which is tested in its place. */
let bubblewrap: string | null = null
let refusal = ''

async function inTurn(levels: readonly AttackedLevel[]): Promise<void> {
  for (const level of levels) outcomes.set(level, await runAttacks(level, level === 'process' ? bubblewrap : null))
}

beforeAll(async () => {
  try {
    bubblewrap = (await probeProcessSupport({})).bubblewrap
  } catch (thrown) {
    refusal = String(thrown)
  }
  // Side by side: half of the time an attack only waits to be ended.
  await Promise.all([
    inTurn(['inline', 'wasm']),
    inTurn(['thread', 'process without bubblewrap', ...(bubblewrap === null ? [] : (['process'] as const))]),
  ])
}, 180_000)

const breached = (level: AttackedLevel) =>
  (outcomes.get(level) ?? []).flatMap(({ name, breach }) => (breach === null ? [] : [`${name}: ${breach}`]))

describe.each(attackedLevels)('at the level %s', (level) => {
  test(`${attacks.length} attacks get nothing of what is promised to be out of their reach`, () => {
    if (level === 'process' && bubblewrap === null) {
      expect(refusal).toContain('Missing:\n  - bubblewrap')
      return
    }
    expect(outcomes.get(level)?.map(({ name }) => name)).toEqual(attacks.map(({ name }) => name))
    expect(breached(level).filter((line) => isPromised(level, line.split(':')[0] ?? ''))).toEqual([])
  })
})

test('the attacks are real: without isolation they get what they want', () => {
  const harmless = ['huge output', 'slow output without an end', 'spam on standard output', 'JSON nested 100,000 deep']
  const ofPipes = ['garbage in place of messages', 'half a message, then the end', 'forged messages']
  const real = attacks.map(({ name }) => name).filter((name) => ![...harmless, ...ofPipes].includes(name))
  expect(breached('inline').map((line) => line.split(':')[0])).toEqual(expect.arrayContaining(real))
  expect(breached('process without bubblewrap').join()).toContain('a network connection')
})

test('the page on security says what is promised, and no more', async () => {
  const page = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8')
  expect(promisesOf(tableIn(page))).toEqual(promisesOf(outcomeTable(new Map())))
})
