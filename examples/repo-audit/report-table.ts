import type { Markup } from './html.ts'
import { html } from './html.ts'

export interface Column {
  readonly title: string
  readonly numeric?: boolean
}

type Cell = Markup | string | number

const shownAtOnce = 20

function renderRow(columns: readonly Column[], [head = '', ...cells]: readonly Cell[]): Markup {
  return html`<tr role="row"><th scope="row" role="rowheader">${head}</th>${cells.map((cell, index) => {
    const column = columns[index + 1]
    return html`<td role="cell" data-label="${column?.title ?? ''}" class="${column?.numeric === true ? 'n' : ''}"><span>${cell}</span></td>`
  })}</tr>`
}

function renderTable(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<div class="scroll"><table role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    ({ title, numeric }) =>
      html`<th scope="col" role="columnheader" class="${numeric === true ? 'n' : ''}">${title}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (row) => html`${renderRow(columns, row)}
`,
  )}</tbody></table></div>`
}

/**
 * A table with a caption; the first cell of a row is its header. Long ones show their first rows, the rest on request.
 * Roles are written out, because a narrow screen shows the rows as cards, and `display` would take the roles away.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Markup {
  const rest = rows.slice(shownAtOnce)
  if (rest.length === 0) return renderTable(caption, columns, rows)
  return html`${renderTable(caption, columns, rows.slice(0, shownAtOnce))}
<details><summary>${rest.length} more</summary>${renderTable(`${caption}, continued`, columns, rest)}</details>`
}

/** A bar under a figure: `share` from 0 to 1. It says nothing that the figure does not, so it is hidden from readers. */
export function bar(share: number, tone: '' | 'warn' | 'bad' = ''): Markup {
  const width = Math.max(1, Math.round(Math.min(1, share) * 100))
  return html`<span class="bar ${tone}" aria-hidden="true"><i style="width:${width}%"></i></span>`
}

/** What stands in place of a table that would be empty. */
export function nothing(good: string, text: string): Markup {
  return html`<p class="none"><b>${good}</b> ${text}</p>`
}
