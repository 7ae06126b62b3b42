import { readFile } from 'node:fs/promises'
import { basename, extname, relative, sep } from 'node:path'
import { describeThrown } from '../../model/errors.ts'
import { namedEvents } from '../../testing/lifecycle/machine-chart.ts'
import { machineOf } from '../../testing/lifecycle/plain-life.ts'
import { inputSample, plainInput } from '../../testing/lifecycle/samples.ts'
import type { ExportedDefinition, TasksModule } from '../../testing/tasks-module.ts'
import { loadTasksModule } from '../../testing/tasks-module.ts'
import type { CodeStyle } from './code-style.ts'
import { styleOf } from './code-style.ts'
import { imprinted } from './imprint.ts'
import { literal } from './literal.ts'
import type { Runner, TestSubject } from './test-file.ts'
import { testFile } from './test-file.ts'

export interface DraftRequest {
  /** Of the module; absolute. */
  readonly path: string
  /** Where the files will lie; absolute. */
  readonly out: string
  readonly runner: Runner
}

/** The test file of one definition, as it would be written anew. */
export interface Draft {
  readonly type: string
  /** Of the definition's export. */
  readonly name: string
  readonly file: string
  /** The module, as the file imports it. */
  readonly module: string
  readonly text: string
  readonly runner: Runner
  /** Events of its machine that the module has no sample of. */
  readonly events: readonly string[]
  readonly samples: TestSubject['samples']
  /** Why there is no input to begin with; `null`: there is one. */
  readonly noInput: string | null
}

export interface Drafts {
  readonly drafts: readonly Draft[]
  readonly hidden: TasksModule['hidden']
}

/** @throws LifecycleError (rejects) for a module that cannot be used */
export async function draftTests({ path, out, runner }: DraftRequest): Promise<Drafts> {
  const { definitions, hidden } = await loadTasksModule(path)
  const style = styleOf(await readFile(path, 'utf8'))
  const between = relative(out, path).split(sep).join('/')
  const module = between.startsWith('../') ? between : `./${between}`
  const names = fileNames(definitions, extname(path))
  const drafts: Draft[] = []
  for (const [index, one] of definitions.entries()) {
    const { subject, noInput } = await subjectOf(one, module, style)
    const text = imprinted(testFile(subject, runner, style))
    const file = names[index] ?? basename(path)
    drafts.push({ ...subject, file, text, runner, noInput })
  }
  return { drafts, hidden }
}

/** After the exports, which are as unique; never two that differ in case only. */
function fileNames(definitions: readonly ExportedDefinition[], extension: string): string[] {
  const given = new Set<string>()
  return definitions.map(({ name, definition }) => {
    const plain = (name === 'default' ? definition.type : name).replace(/[^\p{L}\p{N}_-]+/gu, '-')
    let own = plain
    for (let count = 2; given.has(own.toLowerCase()); count += 1) own = `${plain}-${count}`
    given.add(own.toLowerCase())
    return `${own}.lifecycle.test${extension}`
  })
}

async function subjectOf({ name, definition, samples }: ExportedDefinition, module: string, style: CodeStyle) {
  const machine = machineOf(definition)
  const sampled = new Set(samples.events?.map(({ type }) => type))
  const given = { isGiven: Object.keys(samples).length > 0, hasInputs: samples.inputs !== undefined }
  const { input, noInput } = given.hasInputs ? { input: null, noInput: null } : await inputOf(definition, style)
  const events = machine ? namedEvents(machine).filter((type) => !sampled.has(type)) : []
  const subject = { name, type: definition.type, module, samples: given, input, events } satisfies TestSubject
  return { subject, noInput }
}

async function inputOf(definition: ExportedDefinition['definition'], style: CodeStyle) {
  try {
    const input = (await plainInput(definition)) ?? { value: await inputSample(definition, 1) }
    if (literal(input.value, style) !== null) return { input, noInput: null }
    return { input: null, noInput: 'what fits its schema cannot be written down in a test file' }
  } catch (thrown) {
    return { input: null, noInput: describeThrown(thrown).replace(/\n\s*- /g, ' ') }
  }
}
