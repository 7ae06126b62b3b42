import { z } from 'zod'

/** A file that the walk found: where it is, the name it is shown by, its size in bytes, and when it was changed. */
export const sourceFileSchema = z.object({
  path: z.string(),
  name: z.string(),
  bytes: z.number(),
  /** ms since the epoch. */
  changedAt: z.number(),
})
export type SourceFile = z.output<typeof sourceFileSchema>

const skipReasons = ['binary', 'too large', 'unreadable', 'symbolic link', 'not a regular file', 'too deep'] as const

/** Something that was found and not audited, and why. */
export const skippedSchema = z.object({
  name: z.string(),
  reason: z.enum(skipReasons),
  detail: z.string(),
})
export type Skipped = z.output<typeof skippedSchema>

export const walkedSchema = z.object({
  files: z.array(sourceFileSchema),
  skipped: z.array(skippedSchema),
  folders: z.number(),
  ignored: z.number(),
})
export type Walked = z.output<typeof walkedSchema>

/** Files that are worked on by one task of each sort. */
export const batchSchema = z.object({
  number: z.number(),
  /** `compared`: whether it is looked through for duplicates. */
  files: z.array(sourceFileSchema.extend({ compared: z.boolean() })),
})
export type Batch = z.output<typeof batchSchema>

export const readSchema = z.object({
  texts: z.number(),
  bytes: z.number(),
  skipped: z.array(skippedSchema),
})

/** The size of one text file. `code` counts the lines that are not blank. */
export const fileSizeSchema = z.object({
  name: z.string(),
  language: z.string(),
  bytes: z.number(),
  lines: z.number(),
  code: z.number(),
})
export type FileSize = z.output<typeof fileSizeSchema>

export const functionSchema = z.object({
  name: z.string(),
  file: z.string(),
  line: z.number(),
  lines: z.number(),
  complexity: z.number(),
})
export type FunctionComplexity = z.output<typeof functionSchema>

const unparsableSchema = z.object({ file: z.string(), reason: z.string() })

/** `spread` counts functions by complexity: see `complexityBands`. `functions` has the most complex only. */
export const complexitySchema = z.object({
  parsed: z.number(),
  counted: z.number(),
  sum: z.number(),
  spread: z.array(z.number()),
  functions: z.array(functionSchema),
  unparsable: z.array(unparsableSchema),
})
export type Complexity = z.output<typeof complexitySchema>

export const secretSchema = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  rule: z.string(),
  certainty: z.enum(['known form', 'likely']),
  /** How many characters long. The secret itself, or any part of it, is kept nowhere. */
  characters: z.number(),
})
export type Secret = z.output<typeof secretSchema>

export const licenceClasses = ['permissive', 'copyleft', 'choice', 'other', 'undeclared'] as const
export type LicenceClass = (typeof licenceClasses)[number]

/** What one file says about licences. */
export const licenceClueSchema = z.discriminatedUnion('form', [
  z.object({
    form: z.literal('manifest'),
    file: z.string(),
    package: z.string(),
    version: z.string(),
    declared: z.string(),
  }),
  z.object({ form: z.literal('text'), file: z.string(), licence: z.string().nullable() }),
  z.object({ form: z.literal('header'), file: z.string(), expression: z.string() }),
  z.object({ form: z.literal('damaged'), file: z.string(), problem: z.string() }),
])
export type LicenceClue = z.output<typeof licenceClueSchema>

export const packageLicenceSchema = z.object({
  package: z.string(),
  version: z.string(),
  file: z.string(),
  expression: z.string(),
  class: z.enum(licenceClasses),
  licenceFile: z.string().nullable(),
  remarks: z.array(z.string()),
})
export type PackageLicence = z.output<typeof packageLicenceSchema>

export const licencesSchema = z.object({
  packages: z.array(packageLicenceSchema),
  headers: z.array(z.object({ expression: z.string(), class: z.enum(licenceClasses), files: z.number() })),
  damaged: z.array(unparsableSchema),
})
export type Licences = z.output<typeof licencesSchema>

const placeSchema = z.object({ file: z.string(), from: z.number(), to: z.number() })

/** The same run of tokens in two or more places. */
export const duplicateSchema = z.object({
  tokens: z.number(),
  lines: z.number(),
  places: z.array(placeSchema),
})
export type Duplicate = z.output<typeof duplicateSchema>

export const duplicatesSchema = z.object({
  compared: z.number(),
  leftOut: z.number(),
  tokens: z.number(),
  lines: z.number(),
  duplicatedLines: z.number(),
  found: z.number(),
  groups: z.array(duplicateSchema),
})
export type Duplicates = z.output<typeof duplicatesSchema>

const overviewSchema = z.object({
  files: z.number(),
  folders: z.number(),
  texts: z.number(),
  bytes: z.number(),
  lines: z.number(),
  code: z.number(),
  ignored: z.number(),
  languages: z.array(z.object({ name: z.string(), files: z.number(), bytes: z.number(), lines: z.number() })),
})

/** Everything the audit found, sorted: the same folder gives the same findings. */
export const findingsSchema = z.object({
  folders: z.array(z.string()),
  overview: overviewSchema,
  largest: z.array(fileSizeSchema),
  complexity: complexitySchema,
  licences: licencesSchema,
  secrets: z.array(secretSchema),
  duplicates: duplicatesSchema,
  skipped: z.array(skippedSchema),
})
export type Findings = z.output<typeof findingsSchema>

/** Orders names by code unit, the same on every machine whatever its locale. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
