/** A field of a form that is made from a JSON Schema. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly isRequired: boolean
  readonly initial: string
  readonly input:
    | { readonly form: 'switch' }
    | { readonly form: 'choice'; readonly options: readonly string[] }
    | {
        readonly form: 'number'
        readonly isWhole: boolean
        readonly least: number | null
        readonly most: number | null
      }
    | { readonly form: 'text'; readonly longest: number | null }
    | { readonly form: 'json' }
}

/** How an answer is given: yes or no, a value, or one value for each field. */
export type AnswerForm =
  | { readonly form: 'decision' }
  | { readonly form: 'value'; readonly field: Field }
  | { readonly form: 'fields'; readonly fields: readonly Field[] }

type Schema = Readonly<Record<string, unknown>>

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const number = (value: unknown) => (typeof value === 'number' ? value : null)
const text = (value: unknown) => (typeof value === 'string' ? value : '')

function inputOf(schema: Schema): Field['input'] {
  const { type } = schema
  if (Array.isArray(schema['enum']) && schema['enum'].every((one) => typeof one === 'string'))
    return { form: 'choice', options: schema['enum'].map(String) }
  if (type === 'boolean') return { form: 'switch' }
  if (type === 'number' || type === 'integer') {
    // Zod writes the bounds of a safe integer, which tell nobody anything.
    const bound = (value: unknown) => (Math.abs(number(value) ?? 0) >= Number.MAX_SAFE_INTEGER ? null : number(value))
    return {
      form: 'number',
      isWhole: type === 'integer',
      least: bound(schema['minimum']),
      most: bound(schema['maximum']),
    }
  }
  if (type === 'string') return { form: 'text', longest: number(schema['maxLength']) }
  return { form: 'json' }
}

function fieldOf(name: string, schema: Schema, isRequired: boolean): Field {
  const input = inputOf(schema)
  const preset = schema['default']
  const initial =
    preset === undefined
      ? input.form === 'choice' && isRequired
        ? (input.options[0] ?? '')
        : ''
      : input.form === 'json'
        ? JSON.stringify(preset)
        : String(preset)
  return { name, label: text(schema['description']) || text(schema['title']) || name, isRequired, initial, input }
}

/** The form for answers that a JSON Schema accepts. What is too free for fields is written as JSON. */
export function answerFormOf(schema: unknown): AnswerForm {
  if (!isSchema(schema)) return { form: 'value', field: fieldOf('answer', {}, true) }
  if (schema['type'] === 'boolean') return { form: 'decision' }
  const properties = schema['properties']
  if (schema['type'] !== 'object' || !isSchema(properties))
    return {
      form: 'value',
      field: { ...fieldOf('answer', schema, true), label: text(schema['description']) || 'Answer' },
    }
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const fields = Object.entries(properties).map(([name, one]) =>
    fieldOf(name, isSchema(one) ? one : {}, required.includes(name)),
  )
  return { form: 'fields', fields }
}

export type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

/** The value that was written into a field. `undefined`: none, where none is needed. */
export function readField({ input, isRequired, label }: Field, written: string): Read {
  if (input.form === 'switch') return { ok: true, value: written === 'true' }
  if (input.form === 'choice') return { ok: true, value: written === '' ? undefined : written }
  if (written === '' && !isRequired) return { ok: true, value: undefined }
  if (input.form === 'text') return { ok: true, value: written }
  if (input.form === 'number') {
    const value = Number(written)
    return written.trim() === '' || !Number.isFinite(value)
      ? { ok: false, problem: `${label}: give a number` }
      : { ok: true, value }
  }
  try {
    return { ok: true, value: JSON.parse(written) }
  } catch {
    return { ok: false, problem: `${label}: not JSON. Text needs quotes: "yes"` }
  }
}

/** The answer of a whole form, or every problem with it. */
export function readFields(fields: readonly Field[], written: Readonly<Record<string, string>>) {
  const problems: string[] = []
  const answer: Record<string, unknown> = {}
  for (const field of fields) {
    const read = readField(field, written[field.name] ?? field.initial)
    if (!read.ok) problems.push(read.problem)
    else if (read.value !== undefined) answer[field.name] = read.value
  }
  return { answer, problems }
}
