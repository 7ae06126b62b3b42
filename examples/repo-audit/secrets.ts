import { extname } from 'node:path'
import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { creator as recommended } from '@secretlint/secretlint-rule-preset-recommend'
import type { Secret, SourceFile } from './findings.ts'
import { byName } from './findings.ts'
import { lineCounter } from './line-counter.ts'
import { assignment, furtherForms, looksRandom, secretlintRules, standsIn, standsInAddress } from './secret-forms.ts'

/** A stretch of text that is a secret: offsets, not the text, so that it can go no further by mistake. */
interface Hit {
  readonly rule: string
  readonly certainty: Secret['certainty']
  readonly from: number
  readonly to: number
}

// Its profiler is always on and keeps two marks a rule for ever: thousands of files take minutes and memory grows.
secretLintProfiler.mark = () => undefined

const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: recommended }] }

async function bySecretlint(file: SourceFile, content: string): Promise<Hit[]> {
  const { messages } = await lintSource({
    source: { filePath: file.name, content, ext: extname(file.name), contentType: 'text' },
    options: { config, maskSecrets: true, noPhysicFilePath: true },
  })
  return messages.flatMap(({ messageId, range: [from, to] }): Hit[] => {
    const rule = secretlintRules[messageId]
    const value = content.slice(from, to)
    if (rule === undefined || standsIn(value)) return []
    if (rule.startsWith('password in') && standsInAddress(value)) return []
    return [{ rule, certainty: 'known form', from, to }]
  })
}

function byForm(content: string): Hit[] {
  return furtherForms.flatMap(({ rule, pattern }) =>
    [...content.matchAll(pattern)]
      .filter(([value]) => !standsIn(value))
      .map(({ index, 0: value }): Hit => ({ rule, certainty: 'known form', from: index, to: index + value.length })),
  )
}

function byAssignment(content: string): Hit[] {
  return [...content.matchAll(assignment)].flatMap((match): Hit[] => {
    const value = match[2] ?? match[3] ?? ''
    if (!looksRandom(value)) return []
    const from = match.index + match[0].lastIndexOf(value)
    return [{ rule: 'value of a secret by its name', certainty: 'likely', from, to: from + value.length }]
  })
}

/** Of hits that overlap, a known form is kept rather than a likely one, then the earlier. In order of place. */
function withoutOverlap(hits: readonly Hit[]): Hit[] {
  const kept: Hit[] = []
  for (const hit of hits.toSorted((a, b) => a.from - b.from)) {
    const last = kept.at(-1)
    if (last === undefined || hit.from >= last.to) kept.push(hit)
    else if (last.certainty === 'likely' && hit.certainty === 'known form') kept.splice(-1, 1, hit)
  }
  return kept
}

/**
 * Secrets in a text: where, of which sort and how long, never what.
 * Known forms are secretlint's recommended rules and a few more; further, values that look random and are given to
 * something named like a secret. Stand-ins, such as AWS's documented example key or `user:password@`, are left out.
 */
export async function findSecrets(file: SourceFile, text: string): Promise<Secret[]> {
  const hits = withoutOverlap([...(await bySecretlint(file, text)), ...byForm(text), ...byAssignment(text)])
  const positionAt = lineCounter(text)
  return hits.map(({ rule, certainty, from, to }) => ({
    file: file.name,
    ...positionAt(from),
    rule,
    certainty,
    characters: to - from,
  }))
}

/** Known forms first, then in the order of the files. */
export function compareSecrets(a: Secret, b: Secret): number {
  return byName(a.certainty, b.certainty) || byName(a.file, b.file) || a.line - b.line || a.column - b.column
}
