import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../examples/data/', import.meta.url)

export const pathTo = (name: string): string => fileURLToPath(new URL(name, folder))

export const textOf = (name: string): string => readFileSync(pathTo(name), 'utf8')

export const workflows = {
  srasearch: 'wfinstances/pegasus/srasearch/srasearch-chameleon-10a-003.json',
  montage: 'wfinstances/pegasus/montage/montage-chameleon-2mass-005d-001.json',
  methylseq: 'wfinstances/nextflow/methylseq-dirt02-001.json',
} as const

/** Optimal makespans, found by hand: see examples/data/rcpsp/README.md. */
export const projects = [
  { file: 'rcpsp/one-at-a-time.sm', optimum: 9, fifo: 9 },
  { file: 'rcpsp/urgent-last.sm', optimum: 7, fifo: 9 },
  { file: 'rcpsp/same-instant.sm', optimum: 11, fifo: 13 },
  { file: 'rcpsp/four-resources.sm', optimum: 9, fifo: 9 },
] as const
