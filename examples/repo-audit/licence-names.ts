import permissiveTiers from '@blueoak/list/index.json' with { type: 'json' }
import copyleft from 'spdx-copyleft/index.json' with { type: 'json' }
import correct from 'spdx-correct'
import type { Info } from 'spdx-expression-parse'
import parse from 'spdx-expression-parse'
import type { LicenceClass } from './findings.ts'

/** The Blue Oak Council's list, its lowest tiers included: all of them are permissive. */
const permissive: ReadonlySet<string> = new Set(permissiveTiers.flatMap(({ licenses }) => licenses.map(({ id }) => id)))
const reciprocal: ReadonlySet<string> = new Set(copyleft)
/** Families whose every version is copyleft, those included that the list does not name. */
const reciprocalFamily = /^(?:A?GPL|LGPL|EPL|MPL|EUPL|CDDL|OSL|SSPL|CC-BY-SA|CC-BY-NC-SA)-/

function classOfOne(id: string): LicenceClass {
  if (reciprocal.has(id) || reciprocalFamily.test(id)) return 'copyleft'
  return permissive.has(id) ? 'permissive' : 'other'
}

function classOfTree(tree: Info): LicenceClass {
  if ('license' in tree) return classOfOne(tree.license)
  const left = classOfTree(tree.left)
  const right = classOfTree(tree.right)
  if (left === right) return left
  if (tree.conjunction === 'or') return 'choice'
  return [left, right].includes('copyleft') ? 'copyleft' : 'other'
}

function parsed(expression: string): Info | null {
  try {
    return parse(expression)
  } catch {
    return null
  }
}

export interface LicenceReading {
  /** An SPDX expression, or what was written if it is none. */
  readonly expression: string
  readonly class: LicenceClass
  readonly remarks: readonly string[]
}

/** Reads what a package says of its licence, by the rules of SPDX; near misses (`Apache 2`) are corrected and said so. */
export function readExpression(written: string): LicenceReading {
  const expression = written.trim()
  if (expression === '') return { expression: '', class: 'undeclared', remarks: ['declares no licence'] }
  if (/^unlicensed$/i.test(expression)) {
    return { expression, class: 'other', remarks: ['grants no rights: UNLICENSED'] }
  }
  if (/^see licen[cs]e in /i.test(expression)) return { expression, class: 'other', remarks: ['points to a file'] }
  const tree = parsed(expression)
  if (tree !== null) return { expression, class: classOfTree(tree), remarks: [] }
  const corrected = correct(expression)
  const correctedTree = corrected === null ? null : parsed(corrected)
  if (corrected === null || correctedTree === null) {
    return { expression, class: 'other', remarks: ['is not an SPDX expression'] }
  }
  const remark = `is not an SPDX expression; read as ${corrected}`
  return { expression: corrected, class: classOfTree(correctedTree), remarks: [remark] }
}

/** Sentences that stand in one licence only, in the order to try them. */
const sentences: readonly (readonly [id: string, ...phrases: RegExp[]])[] = [
  ['AGPL-3.0', /gnu affero general public license/i, /version 3/i],
  ['LGPL-3.0', /gnu lesser general public license/i, /version 3, 29 june/i],
  ['LGPL-2.1', /gnu lesser general public license/i, /version 2\.1/i],
  ['GPL-3.0', /gnu general public license/i, /version 3, 29 june/i],
  ['GPL-2.0', /gnu general public license/i, /version 2, june/i],
  ['MPL-2.0', /mozilla public license,? v(?:ersion|\.) ?2\.0/i],
  ['EPL-2.0', /eclipse public license - v 2\.0/i],
  ['Apache-2.0', /apache license/i, /version 2\.0/i],
  ['BlueOak-1.0.0', /blue oak model license/i],
  ['BSL-1.0', /boost software license - version 1\.0/i],
  ['CC0-1.0', /cc0 1\.0 universal/i],
  ['Unlicense', /this is free and unencumbered software released into the public domain/i],
  ['0BSD', /with or without fee is hereby granted\./i],
  ['ISC', /with or without fee is hereby granted, provided/i],
  ['BSD-3-Clause', /redistribution and use in source and binary forms/i, /neither the names? of/i],
  ['BSD-2-Clause', /redistribution and use in source and binary forms/i],
  ['MIT', /permission is hereby granted, free of charge/i, /the above copyright notice/i],
  ['MIT-0', /permission is hereby granted, free of charge/i],
  ['Zlib', /this software is provided ['‘’"]?as-is/i, /altered source versions/i],
]

/** Which licence a text is, by sentences of it; `null` when it is none of the common ones. */
export function recogniseText(text: string): string | null {
  const flat = text.slice(0, 50_000).replace(/\s+/g, ' ')
  return sentences.find(([, ...phrases]) => phrases.every((phrase) => phrase.test(flat)))?.[0] ?? null
}

/** Whether an expression allows for the licence that a text was recognised as, versions and suffixes aside. */
export function agrees(expression: string, recognised: string): boolean {
  const plain = (id: string): string => id.replace(/-(?:only|or-later)$|\+$/, '')
  return expression.split(/[\s()]+/).some((id) => plain(id) === plain(recognised))
}
