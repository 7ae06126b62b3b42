import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { reasonOf, unusable } from '../input-file.ts'
import type { Draft } from './drafts.ts'
import { isSameCode, ownerOf } from './imprint.ts'

/** What becomes of a file. `inTheWay`: something else has its name, and nothing is written. */
export type FileFate = 'created' | 'renewed' | 'unchanged' | 'kept' | 'inTheWay'

export interface FileReport {
  readonly type: string
  /** Absolute. */
  readonly path: string
  readonly fate: FileFate
  /** What a new file would have and a kept one has not, what stands in the way, what a person has to supply. */
  readonly notes: readonly string[]
}

const ending = /\.lifecycle\.test\.(ts|mts|js|mjs)$/
const relativeImport = /\bfrom\s*(['"])(\.[^'"]+)\1/g

/**
 * Writes what is new, renews what nobody has changed, and leaves the rest as it is.
 * @throws CommandError `FILE_INVALID` (rejects) for a folder that cannot be used; then nothing is written
 */
export async function writeTests(
  out: string,
  module: string,
  drafts: readonly Draft[],
  isDryRun: boolean,
): Promise<FileReport[]> {
  const planned: { draft: Draft; report: FileReport }[] = []
  for (const draft of drafts) planned.push({ draft, report: await plan(out, module, draft) })
  if (isDryRun) return planned.map(({ report }) => report)
  await mkdir(out, { recursive: true }).catch((thrown: unknown) => refuse(out, thrown))
  for (const { draft, report } of planned) {
    if (report.fate === 'created') await create(report.path, draft.text)
    if (report.fate === 'renewed') await renew(report.path, draft.text)
  }
  return planned.map(({ report }) => report)
}

function refuse(path: string, thrown: unknown): never {
  throw unusable(path, [thrown instanceof Error ? `it cannot be written: ${thrown.message}` : reasonOf(thrown)], thrown)
}

async function create(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((thrown: unknown) => refuse(path, thrown))
}

/** At once: a reader, and a crash, find the old file or the new one. */
async function renew(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  await writeFile(beside, text)
    .then(() => rename(beside, path))
    .catch((thrown: unknown) => refuse(path, thrown))
}

/** `null`: there is no such file. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null
    throw unusable(path, [reasonOf(thrown)], thrown)
  }
}

async function plan(out: string, module: string, draft: Draft): Promise<FileReport> {
  const path = join(out, draft.file)
  const { type, noInput } = draft
  const current = await textOf(path)
  const wanted = noInput === null ? [] : [`give it an input in \`inputs\`: ${noInput}`]
  if (current === null) return { type, path, fate: 'created', notes: wanted }
  const owner = ownerOf(current)
  const other = owner === 'stranger' ? null : await otherModule(path, current, module)
  if (other !== null) return { type, path, fate: 'inTheWay', notes: [`it tests ${other}: give --out another folder`] }
  if (owner === 'command')
    return { type, path, fate: isSameCode(current, draft.text) ? 'unchanged' : 'renewed', notes: wanted }
  return { type, path, fate: 'kept', notes: newsFor(current, draft) }
}

/** The module that a file of the command's tests, if it is another one, and there. */
async function otherModule(path: string, text: string, module: string): Promise<string | null> {
  const imports = importsOf(path, text)
  if (imports.includes(module)) return null
  for (const one of imports) if (await isFile(one)) return one
  return null
}

/** What a file imports from beside it; absolute. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(relativeImport)].map(([, , specifier = '']) => resolve(dirname(path), specifier))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** What a file that a person has changed does not speak of yet. */
function newsFor(text: string, { name, module, events, samples, runner }: Draft): string[] {
  const speaks = (word: string) => text.includes(word)
  const exported = name === 'default' ? 'its default export' : name
  return [
    ...(speaks(module) ? [] : [`import ${exported} from ${JSON.stringify(module)}: it is there now`]),
    ...(speaks(name) ? [] : [`import ${exported}, which is how the definition is exported now`]),
    ...(samples.isGiven && !speaks('lifecycle[') && !speaks('lifecycle.')
      ? ['spread what the module now has in `lifecycle` for this type']
      : []),
    ...events
      .filter((type) => !speaks(`'${type}'`) && !speaks(`"${type}"`))
      .map(
        (type) =>
          `its machine now answers ${JSON.stringify(type)}: give a sample in \`events\` if it carries something`,
      ),
    ...(speaks('node:test') === (runner === 'node')
      ? []
      : [`it is written for the other test runner, not for ${runner}`]),
  ]
}

/** Files of the command's in a folder that test what a module does not export any more. */
export async function orphansIn(out: string, module: string, drafts: readonly Draft[]): Promise<string[]> {
  const names = await readdir(out).catch(() => [])
  const orphans: string[] = []
  for (const name of names.filter((one) => ending.test(one) && !drafts.some(({ file }) => file === one)).sort()) {
    const path = join(out, name)
    const text = (await textOf(path).catch(() => null)) ?? ''
    if (ownerOf(text) !== 'stranger' && importsOf(path, text).includes(module)) orphans.push(path)
  }
  return orphans
}
