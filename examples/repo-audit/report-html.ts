import type { Percentiles } from 'taskwright'
import type { Findings } from './findings.ts'
import { bytes, count, duration, number, percent } from './format.ts'
import type { Markup } from './html.ts'
import { html, ownText } from './html.ts'
import {
  complexitySection,
  duplicatesSection,
  largestSection,
  licencesSection,
  overviewSection,
  secretsSection,
  section,
} from './report-sections.ts'
import { style } from './report-style.ts'
import { bar, nothing, table } from './report-table.ts'
import type { RunFacts } from './run-facts.ts'

export interface Report {
  readonly generator: string
  /** ISO 8601, UTC. */
  readonly writtenAt: string
  readonly findings: Findings
  readonly run: RunFacts
}

const contents = [
  ['overview', 'Overview'],
  ['largest', 'Largest files'],
  ['complexity', 'Complexity'],
  ['licences', 'Licences'],
  ['secrets', 'Secrets'],
  ['duplicates', 'Duplicates'],
  ['run', 'The run'],
] as const

/** A percentile, or a dash while nothing was measured. */
function time(times: Percentiles, percentile: 'p50Ms' | 'p90Ms'): string {
  return times.count === 0 ? '—' : duration(times[percentile])
}

function runSection({ run }: Report): Markup {
  const { tasks, types, agents, resources } = run
  const most = Math.max(1, ...agents.map((agent) => agent.tasks))
  return section(
    'run',
    'How the run went',
    `${count(tasks.completed, 'task')} completed in ${duration(run.durationMs)} on ${count(run.slots, 'slot')}, up to the moment this page was written.`,
    types.length === 0
      ? nothing('Nothing to show.', 'No task had ended yet.')
      : html`<h3>Agents</h3>
${table(
  'Agents',
  [{ title: 'Agent' }, { title: 'Share', numeric: true }, { title: 'Tasks', numeric: true }],
  agents.map(({ agent, weight, tasks: of }) => [agent, number(weight), html`${number(of)}${bar(of / most)}`]),
)}
<h3>Tasks by type</h3>
${table(
  'Tasks by type',
  [
    { title: 'Type' },
    { title: 'Kind' },
    { title: 'Completed', numeric: true },
    { title: 'Otherwise', numeric: true },
    { title: 'Queued, median', numeric: true },
    { title: 'Queued, p90', numeric: true },
    { title: 'Run, median', numeric: true },
    { title: 'Run, p90', numeric: true },
  ],
  types.map(({ type, kind, completed, failed, cancelled, rejected, queueTime, runTime }) => [
    html`<code>${type}</code>`,
    kind,
    number(completed),
    number(failed + cancelled + rejected),
    time(queueTime, 'p50Ms'),
    time(queueTime, 'p90Ms'),
    time(runTime, 'p50Ms'),
    time(runTime, 'p90Ms'),
  ]),
)}
<h3>Resources</h3>
${table(
  'Resources',
  [
    { title: 'Resource' },
    { title: 'Pool' },
    { title: 'Form' },
    { title: 'Reserved', numeric: true },
    { title: 'Of that, used', numeric: true },
  ],
  resources.map(({ resource, pool, form, reservedOfCapacity, usedOfReserved }) => [
    html`<code>${resource}</code>`,
    pool,
    form,
    html`${reservedOfCapacity === null ? '—' : percent(reservedOfCapacity)}${bar(reservedOfCapacity ?? 0)}`,
    usedOfReserved === null ? '—' : percent(usedOfReserved),
  ]),
)}`,
  )
}

/** The report as one page that needs nothing else: no script, no network, its style inside. */
export function renderReport(report: Report): string {
  const { findings, writtenAt } = report
  const { overview, folders } = findings
  const when = `${writtenAt.slice(0, 10)} at ${writtenAt.slice(11, 16)} UTC`
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="${report.generator}">
<title>Repository audit: ${folders.join(', ')}</title>
<style>${ownText(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the findings</a>
<header>
<p class="eyebrow">Repository audit</p>
<h1>${count(overview.files, 'file')}, ${bytes(overview.bytes)}, looked through</h1>
<p>${folders.join(', ')} · written on ${when}</p>
<nav aria-label="Sections"><ul>${contents.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main id="main">
${overviewSection(findings)}${largestSection(findings)}${complexitySection(findings)}${licencesSection(findings)}${secretsSection(findings)}${duplicatesSection(findings)}${runSection(report)}</main>
<footer><p>Written by <code>examples/repo-audit</code>, four agents on the Taskwright runtime. The same findings stand as data in <code>report.json</code> beside this page.</p></footer>
</body>
</html>
`.toString()
}
