import { chartSvg, escaped, shadeOf } from './chart-svg.ts'
import type { CoverageItem, CoverageKind, CoverageReport, DrawnChart } from './coverage-report.ts'
import { coverageKinds, coveredShare } from './coverage-report.ts'

const style = `:root{color-scheme:light dark;--met:#2e7d32;--missed:#c62828;--beyond:#8a8f98;--met-bg:#2e7d3222;--missed-bg:#c6282833;--beyond-bg:#8a8f9818}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}.count{opacity:.6}
.state rect{fill:var(--beyond-bg);stroke:var(--beyond)}.state.met rect{fill:var(--met-bg);stroke:var(--met)}.state.missed rect{fill:var(--missed-bg);stroke:var(--missed);stroke-width:2}
.state.final rect{stroke-width:2.5}.arc{fill:none;stroke:var(--beyond);stroke-opacity:.5}.arc.met{stroke:var(--met)}.arc.missed{stroke:var(--missed);stroke-width:2.5;stroke-opacity:1}.arc:hover{stroke-width:4;stroke-opacity:1}
.label{font-size:11px;opacity:.8}.label.missed{fill:var(--missed)}.label.beyond{fill:var(--beyond)}
.head{fill:var(--beyond)}.head.met{fill:var(--met)}.head.missed{fill:var(--missed)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.15rem .6rem .15rem 0;border-bottom:1px solid #8884;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}
tr.missed td{color:var(--missed)}tr.beyond td{opacity:.65}.key span{padding:.1rem .5rem;border:1px solid;border-radius:4px;margin-right:.5rem}
.key .met{color:var(--met)}.key .missed{color:var(--missed)}.key .beyond{color:var(--beyond)}summary{cursor:pointer}`

function byId(items: readonly CoverageItem[], chart: string): ReadonlyMap<string, CoverageItem> {
  return new Map(items.filter((item) => item.chart === chart).map((item) => [item.id, item]))
}

function row({ id, hits, unreachable }: CoverageItem): string {
  const shade = shadeOf({ hits, unreachable })
  return `<tr class="${shade}"><td>${escaped(id)}</td><td class="n">${hits}</td><td>${escaped(unreachable ?? '')}</td></tr>`
}

function details(kind: CoverageKind, items: readonly CoverageItem[]): string {
  if (items.length === 0) return ''
  const reachable = items.filter(({ unreachable }) => unreachable === null)
  const met = reachable.filter(({ hits }) => hits > 0).length
  const beyond = items.length - reachable.length
  const rest = beyond > 0 ? `, ${beyond} out of reach` : ''
  const open = met < reachable.length ? ' open' : ''
  // What is missing comes first.
  const order = ['missed', 'met', 'beyond']
  const sorted = [...items].sort((a, b) => order.indexOf(shadeOf(a)) - order.indexOf(shadeOf(b)))
  return `<details${open}><summary>${kind}: ${met} of ${reachable.length}${rest}</summary>
<table><thead><tr><th>${kind}</th><th>times</th><th>why it is out of reach</th></tr></thead><tbody>${sorted.map(row).join('')}</tbody></table></details>`
}

function section(report: CoverageReport, chart: DrawnChart): string {
  const { name, title } = chart
  const picture = chartSvg(chart, byId(report.states, name), byId(report.transitions, name))
  const tables = coverageKinds.map((kind) =>
    details(
      kind,
      report[kind].filter((item) => item.chart === name),
    ),
  )
  return `<section><h2>${escaped(title)}</h2>${picture}${tables.join('')}</section>`
}

/** The report as one page that needs nothing else: the charts, coloured by what was exercised, and tables. */
export function coverageHtml(report: CoverageReport): string {
  const { definition, paths, ran, failed, elapsedMs, cutOff, charts } = report
  const shares = coverageKinds.map(
    (kind) => `<tr><td>${kind}</td><td class="n">${coveredShare(report, kind).toFixed(1)} %</td></tr>`,
  )
  const cut = cutOff.map(({ what, count, limit }) => `<li>${count} more ${escaped(what)}, by ${escaped(limit)}</li>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Coverage of ${escaped(definition)}</title><style>${style}</style></head>
<body><h1>The life of ${escaped(definition)}</h1>
<p>${ran} of ${paths} paths walked in ${(elapsedMs / 1000).toFixed(2)} s, ${failed} failed.</p>
<table style="width:auto"><tbody>${shares.join('')}</tbody></table>
${cut.length > 0 ? `<p>Cut off:</p><ul>${cut.join('')}</ul>` : ''}
<p class="key"><span class="met">exercised</span><span class="missed">not exercised</span><span class="beyond">out of reach</span> Point at an arc to see its transitions.</p>
${charts.map((chart) => section(report, chart)).join('\n')}
</body></html>
`
}
