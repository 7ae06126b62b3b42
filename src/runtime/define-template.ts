import type { Draft } from 'immer'
import type { z } from 'zod'
import type { TaskDefinition } from '../model/definition.ts'
import type { SubmitOptions } from '../model/submit-options.ts'

/** What a caller changes of a template's input: fields that go before its own, or a recipe that edits a draft of it. */
export type TemplateOverride<Input> = Partial<Input> | ((draft: Draft<Partial<Input>>) => void)

/** A named preset of a definition's input and options, which a caller instantiates and may override. */
export interface TaskTemplate<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly description: string
  readonly definition: TaskDefinition<Input, Output>
  /** Merged under the caller's fields if both are objects, or edited by the caller's recipe; else replaced. */
  readonly input: unknown
  readonly options: SubmitOptions
}

export interface TemplateSpec<Input extends z.ZodType, Output extends z.ZodType> {
  name: string
  description?: string
  definition: TaskDefinition<Input, Output>
  input?: Partial<z.input<Input>>
  /** Demand, priority, labels and the rest; what the caller says goes before. */
  options?: SubmitOptions
}

/** Makes a template; it is checked when it is registered. */
export function defineTemplate<Input extends z.ZodType, Output extends z.ZodType>(
  spec: TemplateSpec<Input, Output>,
): TaskTemplate<Input, Output> {
  const { name, description = '', definition, input, options = {} } = spec
  return Object.freeze({ name, description, definition, input, options })
}
