import { basename, dirname } from 'node:path'
import { z } from 'zod'
import type { LicenceClue, Licences, PackageLicence, SourceFile } from './findings.ts'
import { byName } from './findings.ts'
import { agrees, readExpression, recogniseText } from './licence-names.ts'

const licenceFile = /^(?:un)?(?:licen[cs]e|copying)(?:[-.]\w+)*$/i
const header = /SPDX-License-Identifier:\s*([\w.+() -]+)/
/** A header stands near the top of a file; further down it is text about headers. */
const headerWithin = 2_000

const licenceField = z.union([
  z.string(),
  z.object({ type: z.string() }).transform(({ type }) => type),
  z
    .array(z.union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)]))
    .transform((types) => types.join(' OR ')),
])
const manifestSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  license: licenceField.optional().catch(undefined),
  licenses: licenceField.optional().catch(undefined),
})

function readJsonManifest(file: string, text: string): LicenceClue[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [{ form: 'damaged', file, problem: 'is not JSON' }]
  }
  const manifest = manifestSchema.safeParse(value)
  if (!manifest.success) return [{ form: 'damaged', file, problem: 'is not a package manifest' }]
  const { name, version = '', license, licenses } = manifest.data
  const declared = license ?? licenses ?? ''
  // A manifest without a name and a licence only directs module resolution inside a package.
  if (name === undefined && declared === '') return []
  return [{ form: 'manifest', file, package: name ?? (dirname(file) || file), version, declared }]
}

/** The strings of one table of a TOML file, as far as single lines tell. */
function readTomlManifest(file: string, text: string, table: string): LicenceClue[] {
  const lines = text.split('\n').map((line) => line.trim())
  const start = lines.indexOf(`[${table}]`)
  if (start === -1) return []
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.startsWith('['))
  const body = rest.slice(0, end === -1 ? undefined : end)
  const field = (name: string): string | undefined => {
    const line = body.find((candidate) => new RegExp(`^${name}\\s*=`).test(candidate)) ?? ''
    return /(?:=|text\s*=)\s*["']([^"']*)["']/.exec(line)?.[1]
  }
  return [
    {
      form: 'manifest',
      file,
      package: field('name') ?? file,
      version: field('version') ?? '',
      declared: field('license') ?? '',
    },
  ]
}

/** What one file says about licences: package manifests, licence texts and SPDX headers. */
export function findLicenceClues(file: SourceFile, text: string): LicenceClue[] {
  const name = basename(file.name)
  switch (name) {
    case 'package.json':
    case 'composer.json':
      return readJsonManifest(file.name, text)
    case 'Cargo.toml':
      return readTomlManifest(file.name, text, 'package')
    case 'pyproject.toml':
      return readTomlManifest(file.name, text, 'project')
  }
  if (licenceFile.test(name)) return [{ form: 'text', file: file.name, licence: recogniseText(text) }]
  const expression = header.exec(text.slice(0, headerWithin))?.[1]?.trim()
  return expression === undefined || expression === '' ? [] : [{ form: 'header', file: file.name, expression }]
}

/** The licence text in the folder of a manifest: the first by name. */
function textBeside(manifest: string, clues: readonly LicenceClue[]) {
  return clues.find((clue) => clue.form === 'text' && dirname(clue.file) === dirname(manifest))
}

/** Puts the clues together: each package, what it declares, what that means, and whether its licence text agrees. */
export function judgeLicences(given: readonly LicenceClue[]): Licences {
  const clues = given.toSorted((a, b) => byName(a.file, b.file))
  const packages = clues.flatMap((clue): PackageLicence[] => {
    if (clue.form !== 'manifest') return []
    const reading = readExpression(clue.declared)
    const remarks = [...reading.remarks]
    const beside = textBeside(clue.file, clues)
    const text = beside?.form === 'text' ? beside : null
    if (text === null && reading.class !== 'undeclared') remarks.push('has no licence text beside it')
    if (
      text !== null &&
      text.licence !== null &&
      reading.expression !== '' &&
      !agrees(reading.expression, text.licence)
    ) {
      remarks.push(`${basename(text.file)} reads like ${text.licence}`)
    }
    return [
      {
        package: clue.package,
        version: clue.version,
        file: clue.file,
        expression: reading.expression,
        class: reading.class,
        licenceFile: text?.file ?? null,
        remarks,
      },
    ]
  })
  const headers = Map.groupBy(
    clues.flatMap((clue) => (clue.form === 'header' ? [clue.expression] : [])),
    (expression) => expression,
  )
  return {
    packages,
    headers: [...headers]
      .map(([expression, files]) => ({ expression, class: readExpression(expression).class, files: files.length }))
      .sort((a, b) => b.files - a.files || byName(a.expression, b.expression)),
    damaged: clues.flatMap((clue) => (clue.form === 'damaged' ? [{ file: clue.file, reason: clue.problem }] : [])),
  }
}
