import { attacks } from './attacks.ts'
import type { AttackedLevel } from './levels.ts'
import { attackedLevels, isPromised } from './levels.ts'
import type { AttackOutcome } from './run-attacks.ts'

export const tableBegin = '<!-- attacks: npm run docs:attacks -->'
export const tableEnd = '<!-- end of attacks -->'

/** How an attack that was contained ended. */
function endOf({ how }: AttackOutcome): string {
  return how === 'nothing was got' ? 'nothing to get' : how.toLowerCase().replaceAll('_', ' ')
}

function cell(level: AttackedLevel, name: string, outcomes: readonly AttackOutcome[]): string {
  if (!isPromised(level, name)) return 'not promised'
  const outcome = outcomes.find((candidate) => candidate.name === name)
  if (!outcome) return 'contained'
  return outcome.breach === null ? `contained: ${endOf(outcome)}` : `**breached**: ${outcome.breach}`
}

/** The table of outcomes, as Markdown. */
export function outcomeTable(outcomes: ReadonlyMap<AttackedLevel, readonly AttackOutcome[]>): string {
  const rows = attacks.map(({ name }) =>
    [name, ...attackedLevels.map((level) => cell(level, name, outcomes.get(level) ?? []))].join(' | '),
  )
  return [
    `| attack | ${attackedLevels.join(' | ')} |`,
    `|${' --- |'.repeat(attackedLevels.length + 1)}`,
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

/** What of a table does not depend on the machine: who promises what. */
export function promisesOf(table: string): string[] {
  return table.split('\n').map((row) =>
    row
      .replace(/contained: [^|]*/g, 'contained ')
      .replaceAll(/ +/g, ' ')
      .trim(),
  )
}

/** The part of a page between the marks. */
export function tableIn(page: string): string {
  return page.split(tableBegin)[1]?.split(tableEnd)[0]?.trim() ?? ''
}
