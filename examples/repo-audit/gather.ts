import { z } from 'zod'
import { addComplexity } from './complexity.ts'
import type { Duplicates, FileSize, Findings, Licences } from './findings.ts'
import {
  byName,
  complexitySchema,
  fileSizeSchema,
  licenceClueSchema,
  secretSchema,
  skippedSchema,
  sourceFileSchema,
} from './findings.ts'
import { limits } from './limits.ts'
import { compareSecrets } from './secrets.ts'

/** What the agents measured, batch by batch, before anybody drew conclusions. */
export const measuredSchema = z.object({
  folders: z.array(z.string()),
  files: z.number(),
  bytes: z.number(),
  foldersWalked: z.number(),
  ignored: z.number(),
  /** The files that are looked through for duplicates, and how many more of code there are. */
  compared: z.array(sourceFileSchema),
  leftOut: z.number(),
  skipped: z.array(skippedSchema),
  sizes: z.array(z.array(fileSizeSchema)),
  complexity: z.array(complexitySchema),
  secrets: z.array(z.array(secretSchema)),
  clues: z.array(z.array(licenceClueSchema)),
})
export type Measured = z.output<typeof measuredSchema>

function languagesOf(sizes: readonly FileSize[]): Findings['overview']['languages'] {
  return [...Map.groupBy(sizes, ({ language }) => language)]
    .map(([name, files]) => ({
      name,
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      lines: files.reduce((sum, { lines }) => sum + lines, 0),
    }))
    .sort((a, b) => b.lines - a.lines || byName(a.name, b.name))
}

/** Puts what was measured together into findings, sorted and cut to what a report can show. */
export function gather(measured: Measured, duplicates: Duplicates, licences: Licences): Findings {
  const sizes = measured.sizes.flat().sort((a, b) => b.bytes - a.bytes || byName(a.name, b.name))
  return {
    folders: measured.folders,
    overview: {
      files: measured.files,
      folders: measured.foldersWalked,
      texts: sizes.length,
      bytes: measured.bytes,
      lines: sizes.reduce((sum, { lines }) => sum + lines, 0),
      code: sizes.reduce((sum, { code }) => sum + code, 0),
      ignored: measured.ignored,
      languages: languagesOf(sizes),
    },
    largest: sizes.slice(0, limits.listed),
    complexity: addComplexity(measured.complexity),
    licences,
    secrets: measured.secrets.flat().sort(compareSecrets),
    duplicates,
    skipped: measured.skipped.toSorted((a, b) => byName(a.name, b.name)),
  }
}
