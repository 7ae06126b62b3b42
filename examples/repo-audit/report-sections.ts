import { complexityBands } from './complexity.ts'
import { duplicateAtLeast } from './duplicates.ts'
import type { Findings, LicenceClass } from './findings.ts'
import { bytes, count, number, percent } from './format.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { limits } from './limits.ts'
import { bar, nothing, table } from './report-table.ts'

const colours = 6

function card(title: string, figure: string, note: string): Markup {
  return html`<div class="card"><dt>${title}</dt><dd><div class="figure">${figure}</div><div class="note">${note}</div></dd></div>`
}

/** A section with its heading: a landmark by name. */
export function section(id: string, title: string, lead: string, body: Markup): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<p class="lead">${lead}</p>
${body}</section>
`
}

function duplicatedShare({ duplicates }: Findings): number {
  return duplicates.lines === 0 ? 0 : duplicates.duplicatedLines / duplicates.lines
}

interface Remark {
  readonly tone: 'good' | 'warn' | 'bad'
  readonly label: string
  readonly text: Markup
}

function remarks(findings: Findings): Remark[] {
  const { secrets, complexity, licences } = findings
  const tangled = complexity.spread.slice(3).reduce((sum, functions) => sum + functions, 0)
  const unclear = licences.packages.filter(({ class: of }) => of === 'undeclared' || of === 'other').length
  const share = duplicatedShare(findings)
  return [
    secrets.length > 0
      ? {
          tone: 'bad',
          label: 'Secrets',
          text: html`<a href="#secrets">${count(secrets.length, 'possible secret')}</a> in the source: take them out and replace them where they are used.`,
        }
      : { tone: 'good', label: 'Secrets', text: html`No secret was found.` },
    tangled > 0
      ? {
          tone: 'warn',
          label: 'Complexity',
          text: html`<a href="#complexity">${count(tangled, 'function')}</a> with a complexity over ${complexityBands[2]}.`,
        }
      : { tone: 'good', label: 'Complexity', text: html`No function has a complexity over ${complexityBands[2]}.` },
    unclear > 0
      ? {
          tone: 'warn',
          label: 'Licences',
          text: html`<a href="#licences">${count(unclear, 'package')}</a> without a clear open licence.`,
        }
      : { tone: 'good', label: 'Licences', text: html`Every package found declares a licence that is known.` },
    share > 0.1
      ? {
          tone: 'warn',
          label: 'Duplicates',
          text: html`<a href="#duplicates">${percent(share)}</a> of the lines of code stand more than once.`,
        }
      : { tone: 'good', label: 'Duplicates', text: html`${percent(share)} of the lines of code stand more than once.` },
  ]
}

export function overviewSection(findings: Findings): Markup {
  const { overview, complexity, skipped } = findings
  const mean = complexity.counted === 0 ? 0 : complexity.sum / complexity.counted
  const shown = overview.languages.slice(0, colours)
  const rest = overview.languages.slice(colours)
  const lines = (languages: readonly { readonly lines: number }[]): number =>
    languages.reduce((sum, of) => sum + of.lines, 0)
  const slices = [
    ...shown.map(({ name, lines: of }, index) => ({ name, lines: of, colour: `--c${index}` })),
    ...(rest.length > 0 ? [{ name: `${rest.length} more`, lines: lines(rest), colour: '--c6' }] : []),
  ]
  const total = Math.max(1, overview.lines)
  return section(
    'overview',
    'Overview',
    'What was looked at, and what deserves attention first.',
    html`<dl class="cards">
${card('Files', number(overview.files), `in ${count(overview.folders, 'folder')}, ${bytes(overview.bytes)}`)}
${card('Lines of text', number(overview.lines), `${number(overview.code)} not blank`)}
${card('Functions', number(complexity.counted), `mean complexity ${mean.toFixed(1)}`)}
${card('Packages', number(findings.licences.packages.length), 'with a manifest')}
${card('Possible secrets', number(findings.secrets.length), 'none is shown here')}
${card('Duplicated code', percent(duplicatedShare(findings)), `${count(findings.duplicates.found, 'group')}`)}
</dl>
<ul class="attention">${remarks(findings).map(({ tone, label, text }) => html`<li><span class="pill ${tone}">${label}</span><span>${text}</span></li>`)}</ul>
<h3>Languages, by lines</h3>
${
  slices.length === 0
    ? nothing('Nothing to show.', 'No text file was found.')
    : html`<div class="split" aria-hidden="true">${slices.map(({ lines: of, colour }) => html`<span style="flex:${of} 0 0;background:var(${colour})"></span>`)}</div>
<ul class="legend">${slices.map(({ name, lines: of, colour }) => html`<li><span class="dot" style="background:var(${colour})"></span>${name} <small>${percent(of / total)}</small></li>`)}</ul>`
}
${skipped.length === 0 && overview.ignored === 0 ? null : skippedPart(findings)}`,
  )
}

function skippedPart({ skipped, overview }: Findings): Markup {
  const why = `${count(overview.ignored, 'entry').replace('entrys', 'entries')} left out by .gitignore or as history and installed packages.`
  return html`<h3>Left out</h3><p class="lead">${why} Files over ${bytes(limits.fileBytes)} are not read; symbolic links are not followed.</p>
${
  skipped.length === 0
    ? null
    : table(
        'Files that were left out',
        [{ title: 'File' }, { title: 'Why' }],
        skipped
          .slice(0, limits.listed)
          .map(({ name, reason, detail }) => [name, html`${reason} <small>${detail}</small>`]),
      )
}`
}

export function largestSection({ largest }: Findings): Markup {
  const most = largest[0]?.bytes ?? 1
  return section(
    'largest',
    'Largest files',
    'Text files by size. A large source file is often several in one.',
    largest.length === 0
      ? nothing('Nothing to show.', 'No text file was found.')
      : table(
          'Largest files',
          [
            { title: 'File' },
            { title: 'Language' },
            { title: 'Lines', numeric: true },
            { title: 'Size', numeric: true },
          ],
          largest.map(({ name, language, lines, bytes: size }) => [
            name,
            language,
            number(lines),
            html`${bytes(size)}${bar(size / most)}`,
          ]),
        ),
  )
}

function toneOf(complexity: number): '' | 'warn' | 'bad' {
  return complexity > 50 ? 'bad' : complexity > 20 ? 'warn' : ''
}

export function complexitySection({ complexity }: Findings): Markup {
  const bands = complexity.spread.map((functions, band) => {
    const from = band === 0 ? 1 : (complexityBands[band - 1] ?? 0) + 1
    const to = complexityBands[band]
    return [
      to === undefined ? `${from} and more` : `${from} to ${to}`,
      html`${number(functions)}${bar(functions / Math.max(1, complexity.counted), toneOf(from))}`,
    ]
  })
  const most = complexity.functions[0]?.complexity ?? 1
  const listed = complexity.functions.slice(0, 50)
  return section(
    'complexity',
    'Most complex functions',
    `Cyclomatic complexity: the number of independent paths through a function, counted in ${count(complexity.parsed, 'file')} of JavaScript and TypeScript.`,
    html`${
      listed.length === 0
        ? nothing('Nothing to show.', 'No function was found.')
        : html`${table(
            'Most complex functions',
            [
              { title: 'Function' },
              { title: 'Where' },
              { title: 'Lines', numeric: true },
              { title: 'Complexity', numeric: true },
            ],
            listed.map((found) => [
              html`<code>${found.name}</code>`,
              `${found.file}:${found.line}`,
              number(found.lines),
              html`${number(found.complexity)}${bar(found.complexity / most, toneOf(found.complexity))}`,
            ]),
          )}
<h3>All functions, by complexity</h3>
${table('Functions by complexity', [{ title: 'Complexity' }, { title: 'Functions', numeric: true }], bands)}`
    }
${
  complexity.unparsable.length === 0
    ? null
    : html`<h3>Not parsed</h3>${table(
        'Files that could not be parsed',
        [{ title: 'File' }, { title: 'Why' }],
        complexity.unparsable.slice(0, limits.listed).map(({ file, reason }) => [file, reason]),
      )}`
}`,
  )
}

const licenceTones: Readonly<Record<LicenceClass, 'good' | 'warn' | 'bad' | ''>> = {
  permissive: 'good',
  choice: 'good',
  copyleft: 'warn',
  other: 'warn',
  undeclared: 'bad',
}

export function licencesSection({ licences }: Findings): Markup {
  const { packages, headers, damaged } = licences
  const pill = (of: LicenceClass): Markup => html`<span class="pill ${licenceTones[of]}">${of}</span>`
  return section(
    'licences',
    'Licences by package',
    'What each package manifest declares, and whether the licence text beside it agrees.',
    html`${
      packages.length === 0
        ? nothing('Nothing to show.', 'No package manifest was found.')
        : table(
            'Licences by package',
            [{ title: 'Package' }, { title: 'Licence' }, { title: 'Class' }, { title: 'Remarks' }],
            packages.map(({ package: name, version, file, expression, class: of, remarks }) => [
              html`${name} <small>${version}</small>`,
              expression || '—',
              pill(of),
              html`${remarks.join('; ') || 'none'} <small>${file}</small>`,
            ]),
          )
    }
${
  headers.length === 0
    ? null
    : html`<h3>SPDX headers in files</h3>${table(
        'SPDX headers',
        [{ title: 'Expression' }, { title: 'Class' }, { title: 'Files', numeric: true }],
        headers.map(({ expression, class: of, files }) => [expression, pill(of), number(files)]),
      )}`
}
${
  damaged.length === 0
    ? null
    : html`<h3>Damaged manifests</h3>${table(
        'Damaged manifests',
        [{ title: 'File' }, { title: 'Why' }],
        damaged.map(({ file, reason }) => [file, reason]),
      )}`
}`,
  )
}

export function secretsSection({ secrets }: Findings): Markup {
  return section(
    'secrets',
    'Secrets',
    'Where something looks like a password, key or token. The secrets themselves are kept nowhere: not here, and not in the data beside this page.',
    secrets.length === 0
      ? nothing('None found.', 'No known form of secret, and no random value under a secret’s name.')
      : table(
          'Secrets',
          [{ title: 'Where' }, { title: 'What' }, { title: 'How sure' }, { title: 'Value' }],
          secrets.map(({ file, line, column, rule, certainty, characters }) => [
            `${file}:${line}:${column}`,
            rule,
            html`<span class="pill ${certainty === 'likely' ? 'warn' : 'bad'}">${certainty}</span>`,
            html`<span aria-hidden="true">••••••</span> <small>${count(characters, 'character')}</small>`,
          ]),
        ),
  )
}

export function duplicatesSection({ duplicates }: Findings): Markup {
  const left =
    duplicates.leftOut === 0
      ? ''
      : ` ${count(duplicates.leftOut, 'file')} were left out: there is more code than is compared.`
  return section(
    'duplicates',
    'Duplicate code',
    `The same ${duplicateAtLeast.tokens} tokens or more, over at least ${duplicateAtLeast.lines} lines, whatever their layout and comments. ${count(duplicates.compared, 'file')} with ${number(duplicates.tokens)} tokens compared.${left}`,
    duplicates.groups.length === 0
      ? nothing('None found.', 'No code stands twice.')
      : table(
          'Duplicate code',
          [
            { title: 'Places' },
            { title: 'Copies', numeric: true },
            { title: 'Lines', numeric: true },
            { title: 'Tokens', numeric: true },
          ],
          duplicates.groups.map(({ places, lines, tokens }) => [
            html`<ul class="places">${places.slice(0, 6).map(({ file, from, to }) => html`<li>${file}:${from}–${to}</li>`)}${places.length > 6 ? html`<li><small>and ${places.length - 6} more places</small></li>` : null}</ul>`,
            number(places.length),
            number(lines),
            number(tokens),
          ]),
        ),
  )
}
