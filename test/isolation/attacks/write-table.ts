import { readFile, writeFile } from 'node:fs/promises'
import { probeProcessSupport } from '../../../src/isolation/process-support.ts'
import type { AttackedLevel } from './levels.ts'
import { attackedLevels } from './levels.ts'
import { outcomeTable, tableBegin, tableEnd } from './outcome-table.ts'
import type { AttackOutcome } from './run-attacks.ts'
import { runAttacks } from './run-attacks.ts'

// Runs every attack at every level, and writes the table of outcomes into docs/security.md. Needs bubblewrap.

const { bubblewrap } = await probeProcessSupport({})
const outcomes = new Map<AttackedLevel, AttackOutcome[]>()
for (const level of attackedLevels) {
  const found = await runAttacks(level, level === 'process' ? bubblewrap : null)
  outcomes.set(level, found)
  const breached = found.filter(({ breach }) => breach !== null)
  console.log(`${level}: ${found.length} attacks, ${found.length - breached.length} contained`)
  for (const { name, breach } of breached) console.log(`  ${name}: ${breach}`)
}
const page = new URL('../../../docs/security.md', import.meta.url)
const text = await readFile(page, 'utf8')
const [before = '', rest = ''] = text.split(tableBegin)
const [, after = ''] = rest.split(tableEnd)
await writeFile(page, `${before}${tableBegin}\n\n${outcomeTable(outcomes)}\n\n${tableEnd}${after}`)
