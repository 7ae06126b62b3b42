import { produce } from 'immer'
import { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import { listProblems, RefusedError, refuse } from '../model/errors.ts'
import type { TaskKind } from '../model/kind.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import { submitOptionsSchema } from '../model/submit-options.ts'
import type { TaskTemplate } from './define-template.ts'

/** A registered definition as listings show it. */
export interface DefinitionListing {
  readonly type: string
  readonly version: number
  readonly kind: TaskKind
  readonly description: string
  /** JSON Schema, draft 2020-12; what it cannot express is `{}`. */
  readonly inputSchema: unknown
  readonly outputSchema: unknown
}

export interface TemplateListing {
  readonly name: string
  readonly type: string
  readonly version: number
  readonly description: string
  readonly input: unknown
  readonly options: SubmitOptions
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function overridden({ name, input }: TaskTemplate, override: unknown): unknown {
  if (typeof override !== 'function')
    return isPlain(input) && isPlain(override) ? { ...input, ...override } : (override ?? input)
  if (isPlain(input)) {
    return produce(input, (draft) => {
      const answer: unknown = override(draft)
      if (!(answer instanceof Promise)) return
      answer.catch(() => undefined)
      throw new RefusedError('INPUT_INVALID', `the recipe for template ${name} is async; edit the draft at once`)
    })
  }
  throw new RefusedError('INPUT_INVALID', `template ${name} has no input to edit; give one instead of a recipe`)
}

/** What there is, for the error message about a name that there is not. */
function known(names: Iterable<string>): string {
  const list = [...names].sort()
  return list.length === 0 ? 'none is registered' : `registered are ${list.join(', ')}`
}

/** The definitions and templates that a runtime knows. A type may stand in several versions. */
export class Registry {
  readonly #assertFit: (definition: TaskDefinition) => void
  readonly #byType = new Map<string, Map<number, TaskDefinition>>()
  readonly #learned = new Map<string, TaskDefinition>()
  readonly #templates = new Map<string, TaskTemplate>()

  /** @param assertFit throws for a definition that this runtime may not run */
  constructor(assertFit: (definition: TaskDefinition) => void) {
    this.#assertFit = assertFit
  }

  /**
   * A definition that is used without being registered: recovered tasks may need it. @returns whether it is new.
   * @throws RefusedError `ISOLATION_TOO_LOW`
   */
  learn(definition: TaskDefinition): boolean {
    this.#assertFit(definition)
    const { type, version } = definition
    if (this.find(type, version)) return false
    this.#learned.set(`${type}@${version}`, definition)
    for (const used of definition.uses) this.learn(used)
    return true
  }

  /** The definition of that type and version, registered or learned. */
  find(type: string, version: number): TaskDefinition | undefined {
    return this.#byType.get(type)?.get(version) ?? this.#learned.get(`${type}@${version}`)
  }

  /** The highest version that is registered or learned. */
  latest(type: string): TaskDefinition | undefined {
    const learned = [...this.#learned.values()].filter((definition) => definition.type === type)
    return [...(this.#byType.get(type)?.values() ?? []), ...learned].sort((a, b) => b.version - a.version)[0]
  }

  /** @throws RefusedError `DUPLICATE_DEFINITION` if another definition has the type and version; `ISOLATION_TOO_LOW` */
  add(definition: TaskDefinition): void {
    this.#assertFit(definition)
    const { type, version } = definition
    const versions = this.#byType.get(type) ?? new Map<number, TaskDefinition>()
    const existing = versions.get(version)
    if (existing === definition) return
    if (existing) {
      throw new RefusedError(
        'DUPLICATE_DEFINITION',
        `task type ${type} version ${version} is registered already; change its version or its type`,
      )
    }
    versions.set(version, definition)
    this.#byType.set(type, versions)
    for (const used of definition.uses) this.learn(used)
  }

  /** @throws RefusedError `DUPLICATE_TEMPLATE`, `OPTIONS_INVALID`, or as {@link add} for its definition. */
  addTemplate(template: TaskTemplate): void {
    if (this.#templates.has(template.name)) {
      throw new RefusedError(
        'DUPLICATE_TEMPLATE',
        `template ${template.name} is registered already; choose another name`,
      )
    }
    const options = submitOptionsSchema.safeParse(template.options)
    if (!options.success) {
      throw refuse(
        'OPTIONS_INVALID',
        `the options of template ${template.name} are not valid`,
        listProblems(options.error),
      )
    }
    this.add(template.definition)
    this.#templates.set(template.name, template)
  }

  /** The definition of a type: the version named, else the highest. @throws RefusedError `UNKNOWN_TYPE`, `WRONG_VERSION` */
  get(type: string, version?: number): TaskDefinition {
    const versions = this.#byType.get(type)
    if (!versions) throw new RefusedError('UNKNOWN_TYPE', `no task type ${type}; ${known(this.#byType.keys())}`)
    const wanted = version ?? Math.max(...versions.keys())
    const definition = versions.get(wanted)
    if (!definition) {
      throw new RefusedError(
        'WRONG_VERSION',
        `task type ${type} has no version ${wanted}; it has ${[...versions.keys()].sort((a, b) => a - b).join(', ')}`,
      )
    }
    return definition
  }

  /** @throws RefusedError `UNKNOWN_TEMPLATE` */
  template(name: string): TaskTemplate {
    const template = this.#templates.get(name)
    if (!template) throw new RefusedError('UNKNOWN_TEMPLATE', `no template ${name}; ${known(this.#templates.keys())}`)
    return template
  }

  /** A template filled in: its definition, the input and the options to submit. `input`: fields, a recipe, or all of it. */
  instantiate(
    name: string,
    input?: unknown,
    options: SubmitOptions = {},
  ): { definition: TaskDefinition; input: unknown; options: SubmitOptions } {
    const template = this.template(name)
    return {
      definition: template.definition,
      input: overridden(template, input),
      options: { ...template.options, ...options },
    }
  }

  list(): DefinitionListing[] {
    return [...this.#byType.values()].flatMap((versions) =>
      [...versions.values()].map(({ type, version, kind, description, input, output }) => ({
        type,
        version,
        kind,
        description,
        inputSchema: z.toJSONSchema(input, { unrepresentable: 'any', io: 'input' }),
        outputSchema: z.toJSONSchema(output, { unrepresentable: 'any' }),
      })),
    )
  }

  listTemplates(): TemplateListing[] {
    return [...this.#templates.values()].map(({ name, description, definition, input, options }) => ({
      name,
      type: definition.type,
      version: definition.version,
      description,
      input,
      options,
    }))
  }
}
