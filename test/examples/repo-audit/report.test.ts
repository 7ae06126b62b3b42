import { describe, expect, test } from 'vitest'
import { measureComplexity, summarise } from '../../../examples/repo-audit/complexity.ts'
import type { Findings } from '../../../examples/repo-audit/findings.ts'
import { bytes, count, duration, percent, printable } from '../../../examples/repo-audit/format.ts'
import { html } from '../../../examples/repo-audit/html.ts'
import { renderReport } from '../../../examples/repo-audit/report-html.ts'

const hostile = `<img src=x onerror="alert('1')">&\u202Egnp.sj`

function findings(name: string): Findings {
  return {
    folders: [name],
    overview: {
      files: 3,
      folders: 1,
      texts: 2,
      bytes: 4_096,
      lines: 100,
      code: 90,
      ignored: 1,
      languages: Array.from({ length: 9 }, (_, index) => ({
        name: `${name}${index}`,
        files: 1,
        bytes: 1,
        lines: 9 - index,
      })),
    },
    largest: [{ name, language: name, bytes: 4_000, lines: 99, code: 90 }],
    complexity: {
      ...summarise(name, measureComplexity('a.ts', `function f(a) { ${'if (a) {}'.repeat(30)} }`)),
      unparsable: [{ file: name, reason: name }],
    },
    licences: {
      packages: [
        {
          package: name,
          version: name,
          file: name,
          expression: name,
          class: 'other',
          licenceFile: name,
          remarks: [name],
        },
      ],
      headers: [{ expression: name, class: 'other', files: 1 }],
      damaged: [{ file: name, reason: name }],
    },
    secrets: [{ file: name, line: 1, column: 2, rule: 'GitHub token', certainty: 'known form', characters: 40 }],
    duplicates: {
      compared: 2,
      leftOut: 1,
      tokens: 1_000,
      lines: 90,
      duplicatedLines: 40,
      found: 1,
      groups: [
        { tokens: 60, lines: 6, places: Array.from({ length: 9 }, (_, from) => ({ file: name, from, to: from + 6 })) },
      ],
    },
    skipped: [{ name, reason: 'binary', detail: name }],
  }
}

const none = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 }
const run = {
  durationMs: 1_234,
  slots: 8,
  tasks: { completed: 4, failed: 1, cancelled: 0, rejected: 0 },
  agents: [{ agent: 'analyst', weight: 3, tasks: 5 }],
  types: [
    {
      type: 'read',
      kind: 'processing',
      completed: 4,
      failed: 1,
      cancelled: 0,
      rejected: 0,
      queueTime: none,
      runTime: none,
    },
  ],
  resources: [{ pool: 'default', resource: 'slots', form: 'reusable', reservedOfCapacity: 0.5, usedOfReserved: null }],
} as const

const render = (name: string) =>
  renderReport({ generator: 'test', writtenAt: '2026-03-01T12:34:56.000Z', findings: findings(name), run })

describe('the page', () => {
  test('a hostile file name is text wherever it stands: never markup, and never turns the writing around', () => {
    const page = render(hostile)
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\\u{202e}gnp.sj')
    expect(page).not.toContain('<img')
    expect(page).not.toContain('\u202E')
    // With the hostile name and with a tame one, the page has the same elements.
    const elements = (text: string) => text.match(/<[a-z/][^>\s]*/gi)
    expect(elements(page)).toEqual(elements(render('tame')))
  })

  test('it needs nothing else: no script, no address, no file', () => {
    const page = render('a.ts')
    expect(page).not.toMatch(/<script|<link|<iframe|src=|url\(|@import|https?:/i)
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    )
  })

  test('every section is there, linked from the contents, and named by its heading', () => {
    const page = render('a.ts')
    const linked = [...page.matchAll(/<li><a href="#([a-z]+)">/g)].map(([, id]) => id)
    expect(linked).toEqual(['overview', 'largest', 'complexity', 'licences', 'secrets', 'duplicates', 'run'])
    for (const id of linked) {
      expect(page).toContain(`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">`)
    }
  })

  test('every table has a caption and column headers, and every row a header', () => {
    const page = render('a.ts')
    const tables = page.match(/<table[\s\S]*?<\/table>/g) ?? []
    expect(tables.length).toBeGreaterThan(10)
    for (const table of tables) {
      expect(table).toMatch(/<caption>[^<]+<\/caption>/)
      const columns = table.match(/<th scope="col"/g)?.length ?? 0
      const rows = table.match(/<tr role="row"><th scope="row"/g)?.length ?? 0
      expect(columns).toBeGreaterThan(1)
      expect(table.match(/<td /g)?.length).toBe(rows * (columns - 1))
    }
  })

  test('a long table shows its first rows, and the rest on request', () => {
    const given = findings('a.ts')
    const [one] = given.largest
    const largest = Array.from({ length: 25 }, (_, index) => ({
      ...one,
      name: `f${index}`,
      language: 'T',
      bytes: 1,
      lines: 1,
      code: 1,
    }))
    const page = renderReport({ generator: '', writtenAt: '', findings: { ...given, largest }, run })
    expect(page).toContain('<summary>5 more</summary>')
    const [shown = '', hidden = ''] = page.slice(page.indexOf('<caption>Largest files</caption>')).split('<details>')
    expect(shown).toContain('f19<')
    expect(shown).not.toContain('f20<')
    expect(hidden).toContain('f20<')
    expect(hidden).toContain('f24<')
    expect(hidden).not.toContain('f19<')
  })

  test('nothing found is said in words, not with empty tables', () => {
    const empty: Findings = {
      ...findings('a.ts'),
      overview: { files: 0, folders: 1, texts: 0, bytes: 0, lines: 0, code: 0, ignored: 0, languages: [] },
      largest: [],
      complexity: { parsed: 0, counted: 0, sum: 0, spread: [0, 0, 0, 0, 0], functions: [], unparsable: [] },
      licences: { packages: [], headers: [], damaged: [] },
      secrets: [],
      duplicates: { compared: 0, leftOut: 0, tokens: 0, lines: 0, duplicatedLines: 0, found: 0, groups: [] },
      skipped: [],
    }
    const page = renderReport({
      generator: '',
      writtenAt: '',
      findings: empty,
      run: { ...run, types: [], resources: [], agents: [] },
    })
    expect(page).not.toContain('<table')
    expect(page).not.toMatch(/NaN|Infinity|undefined|null/)
    expect(page.match(/class="none"/g)).toHaveLength(7)
  })

  test('figures that were not measured are a dash', () => {
    expect(render('a.ts')).not.toMatch(/NaN|Infinity|undefined|\bnull\b/)
  })
})

test('a template escapes its values, and takes markup as it is', () => {
  expect(html`<b title="${'"'}">${['<', html`<i>${'&'}</i>`, 3, null]}</b>`.toString()).toBe(
    '<b title="&quot;">&lt;<i>&amp;</i>3</b>',
  )
})

test('figures are written for people', () => {
  expect([0, 1_023, 1_024, 1_536, 5 * 2 ** 20, 3 * 2 ** 30].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '5.0 MiB',
    '3.0 GiB',
  ])
  expect([0.456, 5.67, 56.7, 5_670, 125_000].map(duration)).toEqual([
    '0.46 ms',
    '5.7 ms',
    '57 ms',
    '5.7 s',
    '2 min 5 s',
  ])
  expect([0, 0.0001, 0.05, 0.5, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '5.0 %', '50 %', '100 %'])
  expect([0, 1, 1_234].map((value) => count(value, 'file'))).toEqual(['0 files', '1 file', '1,234 files'])
  expect(printable('a\u001b[31mb\nc\u2066')).toBe('a\\u{1b}[31mb\\u{a}c\\u{2066}')
})
