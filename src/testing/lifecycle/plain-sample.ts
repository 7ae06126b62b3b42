import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** No sample: the schema says too little, or too much. */
class NoSampleError extends Error {}

/** How deep a schema that contains itself is followed. */
const deepest = 8

const texts: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  uri: 'https://example.com',
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00',
  duration: 'P1D',
  uuid: '6d8f3bc5-93cd-4a4c-8ce1-5a17b0f1f8a5',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
}

/** What JSON Schema has no word for, and a sample of it. */
const unsaid: Readonly<Record<string, () => unknown>> = {
  date: () => new Date('2026-01-01T12:00:00Z'),
  bigint: () => 1n,
  undefined: () => undefined,
  void: () => undefined,
  map: () => new Map(),
  set: () => new Set(),
}
const unsaidKey = 'x-taskwright'

/**
 * The plainest value that a schema describes: what is optional left out, texts called after their property. Refinements
 * and patterns are not looked at, so it may not fit.
 * @returns `null` if nothing can be told from the schema
 */
export function plainSample(schema: z.ZodType): { readonly value: unknown } | null {
  try {
    const described = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const { type } = zodSchema._zod.def
        if (type in unsaid) jsonSchema[unsaidKey] = type
      },
    })
    return { value: new Sampler(described).sample(described, 'text', 0) }
  } catch {
    // NoSampleError, or a schema that JSON Schema cannot hold
    return null
  }
}

class Sampler {
  readonly #root: JsonSchema

  constructor(root: JsonSchema) {
    this.#root = root
  }

  /** @throws NoSampleError */
  sample(schema: JsonSchema, name: string, depth: number): unknown {
    if (depth > deepest) throw new NoSampleError()
    const special = schema[unsaidKey]
    if (typeof special === 'string') return unsaid[special]?.()
    if ('const' in schema) return schema.const
    if ('default' in schema) return schema.default
    if (schema.enum) return schema.enum[0]
    if (schema.$ref) return this.sample(this.#referred(schema.$ref), name, depth + 1)
    const [choice] = schema.anyOf ?? schema.oneOf ?? []
    if (choice) return this.sample(this.#schema(choice), name, depth + 1)
    if (schema.allOf) return this.#all(schema.allOf, name, depth)
    return this.#ofType(schema, name, depth)
  }

  #ofType(schema: JsonSchema, name: string, depth: number): unknown {
    switch (schema.type) {
      case 'string':
        return text(schema, name)
      case 'integer':
      case 'number':
        return number(schema)
      case 'boolean':
        return true
      case 'null':
        return null
      case 'array':
        return this.#list(schema, name, depth)
      case 'object':
        return this.#object(schema, depth)
      default:
        return text({}, name)
    }
  }

  #list({ items, prefixItems, minItems = 1 }: JsonSchema, name: string, depth: number): unknown[] {
    if (prefixItems) return prefixItems.map((item) => this.sample(this.#schema(item), name, depth + 1))
    if (items === undefined || Array.isArray(items)) return []
    const one = name.length > 1 && name.endsWith('s') ? name.slice(0, -1) : name
    return Array.from({ length: Math.max(1, minItems) }, () => this.sample(this.#schema(items), one, depth + 1))
  }

  #object({ properties = {}, required = [] }: JsonSchema, depth: number): Record<string, unknown> {
    const entries = Object.entries(properties).filter(([name]) => required.includes(name))
    return Object.fromEntries(entries.map(([name, of]) => [name, this.sample(this.#schema(of), name, depth + 1)]))
  }

  #all(parts: readonly z.core.JSONSchema._JSONSchema[], name: string, depth: number): unknown {
    const samples = parts.map((part) => this.sample(this.#schema(part), name, depth + 1))
    if (samples.every((one) => typeof one === 'object' && one !== null)) return Object.assign({}, ...samples)
    return samples[0]
  }

  #referred(reference: string): JsonSchema {
    if (reference === '#') return this.#root
    const found = this.#root.$defs?.[reference.replace('#/$defs/', '')]
    if (!found) throw new NoSampleError()
    return found
  }

  #schema(schema: z.core.JSONSchema._JSONSchema): JsonSchema {
    if (typeof schema === 'boolean') throw new NoSampleError()
    return schema
  }
}

function text({ format = '', minLength = 0, maxLength }: JsonSchema, name: string): string {
  return (texts[format] ?? name.padEnd(minLength, '.')).slice(0, maxLength)
}

/** 1 if that may be, else the nearest to an end of what may be. */
function number({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf: step }: JsonSchema): number {
  const above = typeof exclusiveMinimum === 'number' ? exclusiveMinimum : -Infinity
  const below = typeof exclusiveMaximum === 'number' ? exclusiveMaximum : Infinity
  const least = Math.max(minimum ?? -Infinity, above)
  const most = Math.min(maximum ?? Infinity, below)
  const fits = (value: number) =>
    value >= least &&
    value <= most &&
    value !== above &&
    value !== below &&
    (type === 'number' || Number.isInteger(value))
  const near = [1, least, least + 1, most, most - 1, 0, (least + most) / 2].filter(Number.isFinite)
  const stepped = step ? [step, Math.ceil(least / step) * step, (Math.floor(least / step) + 1) * step, 0] : []
  const found = [...stepped, ...near].find(fits)
  if (found === undefined) throw new NoSampleError()
  return found
}
