import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TaskDefinition } from '../model/definition.ts'
import { describeThrown } from '../model/errors.ts'
import { isDefinition } from '../runtime/define-task.ts'
import { LifecycleError } from './lifecycle/lifecycle-error.ts'
import type { LifecycleOptions } from './lifecycle/lifecycle-options.ts'
import { checkOptions } from './lifecycle/lifecycle-options.ts'

/** A task definition that a module exports. */
export interface ExportedDefinition {
  /** Of the export; `default` is one too. */
  readonly name: string
  readonly definition: TaskDefinition
  /** What the module's export `lifecycle` says of the definition's type; empty if it says nothing. */
  readonly samples: LifecycleOptions
}

/** What a module of the user's exports. */
export interface TasksModule {
  /** Absolute. */
  readonly path: string
  /** By name of the export; a definition that is exported twice is here once. */
  readonly definitions: readonly ExportedDefinition[]
  /** Definitions inside of an exported list, object or template that have no export of their own. */
  readonly hidden: readonly { readonly inExport: string; readonly type: string }[]
}

/** What a module is called that says what its definitions are walked with: `{ [type]: { inputs, events, … } }`. */
const samplesExport = 'lifecycle'

const extensions = ['.ts', '.mts', '.js', '.mjs']
const importLimitMs = 30_000

const remedies: Readonly<Record<string, string>> = {
  ERR_UNKNOWN_FILE_EXTENSION: 'use Node 22.18 or newer, which reads TypeScript, or name the compiled file',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node reads TypeScript by erasing its types: use no enum, namespace or parameter property, or name the compiled file',
  ERR_MODULE_NOT_FOUND:
    'Node adds no extension to an import and swaps none: write it as the file is called, ./other.ts',
  ERR_UNSUPPORTED_DIR_IMPORT: 'Node imports no directory: name its file, ./folder/index.ts',
}

/**
 * Imports a module, and finds the task definitions that it exports.
 * @param path of a `.ts`, `.mts`, `.js` or `.mjs` file
 * @throws LifecycleError `LIFECYCLE_UNFIT` (rejects) with every problem listed: there is no such file, importing it
 * throws or does not end, it exports no definition, its `lifecycle` does not fit
 */
export async function loadTasksModule(path: string): Promise<TasksModule> {
  const absolute = resolve(path)
  await checkFile(path, absolute)
  const exported = await imported(path, absolute)
  const definitions = definitionsOf(exported)
  const known = new Set(definitions.map(({ definition }) => definition))
  const hidden = hiddenOf(exported, known)
  if (definitions.length === 0) throw unfit(path, nothingFound(exported, hidden))
  const { samples, problems } = samplesOf(exported[samplesExport], [...known])
  if (problems.length > 0) throw unfit(path, problems)
  return {
    path: absolute,
    definitions: definitions.map((one) => ({ ...one, samples: samples.get(one.definition.type) ?? {} })),
    hidden,
  }
}

function unfit(path: string, problems: readonly string[], cause?: unknown): LifecycleError {
  return new LifecycleError('LIFECYCLE_UNFIT', `cannot use ${path}:`, problems, { cause })
}

async function checkFile(path: string, absolute: string): Promise<void> {
  const found = await stat(absolute).catch((thrown: unknown) => {
    const isMissing = thrown instanceof Error && 'code' in thrown && ['ENOENT', 'ENOTDIR'].includes(String(thrown.code))
    throw unfit(path, [isMissing ? 'there is no such file' : describeThrown(thrown)], thrown)
  })
  if (found.isDirectory()) throw unfit(path, ['it is a directory; name the module that exports the task definitions'])
  if (!extensions.includes(extname(path))) throw unfit(path, [`it is no module: name a ${extensions.join(', ')} file`])
}

async function imported(path: string, absolute: string): Promise<Readonly<Record<string, unknown>>> {
  const limit = Promise.withResolvers<never>()
  const problem = `importing it takes longer than ${importLimitMs / 1000} s: it waits for something at its top level`
  const timer = setTimeout(() => limit.reject(unfit(path, [problem])), importLimitMs)
  try {
    return await Promise.race([import(pathToFileURL(absolute).href), limit.promise])
  } catch (thrown) {
    throw thrown instanceof LifecycleError ? thrown : unfit(path, problemsOf(thrown, absolute), thrown)
  } finally {
    clearTimeout(timer)
  }
}

function problemsOf(thrown: unknown, absolute: string): string[] {
  if (!(thrown instanceof Error)) return [`importing it throws: ${describeThrown(thrown)}`]
  const line = thrown.stack?.split(absolute)[1]?.match(/^:(\d+)/)?.[1]
  const problem = `importing it throws ${thrown.name}: ${describeThrown(thrown)}${line ? ` (line ${line})` : ''}`
  const remedy = 'code' in thrown ? remedies[String(thrown.code)] : undefined
  return remedy ? [problem, remedy] : [problem]
}

/** Its own name before `default`, if it has both. */
function definitionsOf(exported: Readonly<Record<string, unknown>>) {
  const found = new Map<TaskDefinition, string>()
  for (const [name, value] of Object.entries(exported))
    if (isDefinition(value) && (found.get(value) ?? 'default') === 'default') found.set(value, name)
  return [...found].map(([definition, name]) => ({ name, definition })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function hiddenOf(exported: Readonly<Record<string, unknown>>, known: ReadonlySet<TaskDefinition>) {
  const hidden = new Map<TaskDefinition, string>()
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== 'object' || value === null || isDefinition(value)) continue
    for (const inner of Object.values(value)) if (isDefinition(inner) && !known.has(inner)) hidden.set(inner, name)
  }
  return [...hidden].map(([{ type }, inExport]) => ({ inExport, type }))
}

function nothingFound(exported: Readonly<Record<string, unknown>>, hidden: TasksModule['hidden']): string[] {
  const problems = ['it exports no task definition: export what defineTask, sequence, parallel, graph or map returns']
  for (const { inExport, type } of hidden)
    problems.push(`${JSON.stringify(type)} in the export ${inExport} needs an export of its own`)
  const makers = Object.keys(exported).filter((name) => typeof exported[name] === 'function')
  if (hidden.length === 0 && makers.length > 0)
    problems.push(
      `it exports functions (${makers.join(', ')}): export the definitions that they make, in this module or another`,
    )
  return problems
}

/** Objects of any shape: what is in them is for `checkOptions`. */
function isOptions(value: unknown): value is LifecycleOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function samplesOf(given: unknown, definitions: readonly TaskDefinition[]) {
  const samples = new Map<string, LifecycleOptions>()
  const problems: string[] = []
  const shape = `${samplesExport} must be an object with one entry for each type: { [type]: { inputs, events, … } }`
  if (given !== undefined && !isOptions(given)) problems.push(shape)
  for (const [type, options] of Object.entries(isOptions(given) ? given : {})) {
    const definition = definitions.find((one) => one.type === type)
    if (!definition) {
      const types = definitions.map((one) => JSON.stringify(one.type)).join(', ')
      problems.push(`${samplesExport} speaks of ${JSON.stringify(type)}, and the types that are exported are ${types}`)
    } else if (!isOptions(options)) problems.push(shape)
    else {
      samples.set(type, options)
      problems.push(...optionProblems(definition, options))
    }
  }
  return { samples, problems: [...new Set(problems)] }
}

function optionProblems(definition: TaskDefinition, options: LifecycleOptions): string[] {
  try {
    checkOptions(definition, options)
    return []
  } catch (thrown) {
    const problems = thrown instanceof LifecycleError ? thrown.problems : [describeThrown(thrown)]
    return problems.map((problem) => `${samplesExport} of ${JSON.stringify(definition.type)}: ${problem}`)
  }
}
