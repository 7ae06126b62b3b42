import { z } from 'zod'
import { mask } from './secret-text.ts'

type Schema = z.core.$ZodType

const marked = z.registry<{ readonly isSecret: true }>()

/**
 * Marks a schema as that of a secret: its values are hidden wherever the runtime tells of the task, and are written down
 * encrypted or not at all. In the JSON Schema it is `writeOnly`. Mark last: `secret(z.string().min(8))`.
 */
export function secret<Marked extends z.ZodType = z.ZodString>(schema: Marked): Marked
export function secret(): z.ZodString
export function secret(schema: z.ZodType = z.string()): z.ZodType {
  const copy = schema.meta({ ...schema.meta(), writeOnly: true })
  marked.add(copy, { isSecret: true })
  return copy
}

function isMarked(schema: Schema): boolean {
  return marked.get(schema)?.isSecret === true
}

/** The schemas that a schema is directly made of. */
function partsOf(schema: Schema): readonly Schema[] {
  const { core } = z
  if (schema instanceof core.$ZodObject) {
    const { shape, catchall } = schema._zod.def
    return [...Object.values(shape), ...(catchall ? [catchall] : [])]
  }
  if (schema instanceof core.$ZodArray) return [schema._zod.def.element]
  if (schema instanceof core.$ZodTuple) {
    const { items, rest } = schema._zod.def
    return rest ? [...items, rest] : [...items]
  }
  if (schema instanceof core.$ZodUnion) return schema._zod.def.options
  if (schema instanceof core.$ZodIntersection) return [schema._zod.def.left, schema._zod.def.right]
  if (schema instanceof core.$ZodRecord || schema instanceof core.$ZodMap)
    return [schema._zod.def.keyType, schema._zod.def.valueType]
  if (schema instanceof core.$ZodSet) return [schema._zod.def.valueType]
  return wrappedBy(schema)
}

/** What an optional, a default, a pipe and the like stand around. */
function wrappedBy(schema: Schema): readonly Schema[] {
  const { core } = z
  if (schema instanceof core.$ZodLazy) return [schema._zod.innerType]
  if (schema instanceof core.$ZodPipe) return [schema._zod.def.in, schema._zod.def.out]
  if (
    schema instanceof core.$ZodOptional ||
    schema instanceof core.$ZodNullable ||
    schema instanceof core.$ZodDefault ||
    schema instanceof core.$ZodPrefault ||
    schema instanceof core.$ZodNonOptional ||
    schema instanceof core.$ZodCatch ||
    schema instanceof core.$ZodReadonly ||
    schema instanceof core.$ZodPromise
  )
    return [schema._zod.def.innerType]
  return []
}

const known = new WeakMap<Schema, boolean>()

/** Whether some value of the schema is marked as a secret. Worked out once for a schema. */
export function hasSecrets(schema: Schema): boolean {
  let has = known.get(schema)
  if (has === undefined) {
    has = false
    const seen = new Set<Schema>([schema])
    for (const part of seen) {
      if (isMarked(part)) has = true
      for (const inner of partsOf(part)) seen.add(inner)
    }
    known.set(schema, has)
  }
  return has
}

type Replace = (secret: unknown) => unknown

/** A value of a schema, with what is marked in it replaced. Where a schema leaves a choice, all that may be is replaced. */
function replaceSecrets(schema: Schema, value: unknown, replace: Replace, depth = 0): unknown {
  if (value === undefined || value === null) return value
  if (isMarked(schema)) return replace(value)
  // Deeper than anything that can be written down.
  if (depth > 200) return mask
  const into = (inner: Schema, part: unknown) => replaceSecrets(inner, part, replace, depth + 1)
  const { core } = z
  if (schema instanceof core.$ZodObject) return ofObject(schema, value, into)
  if (schema instanceof core.$ZodArray) return mapped(value, (item) => into(schema._zod.def.element, item))
  if (schema instanceof core.$ZodSet) return mapped(value, (item) => into(schema._zod.def.valueType, item))
  if (schema instanceof core.$ZodTuple) {
    const { items, rest } = schema._zod.def
    return mapped(value, (item, index) => {
      const inner = items[index] ?? rest
      return inner ? into(inner, item) : item
    })
  }
  if (schema instanceof core.$ZodRecord || schema instanceof core.$ZodMap) {
    const { keyType, valueType } = schema._zod.def
    return ofEntries(value, (key, inner) => [into(keyType, key), into(valueType, inner)])
  }
  return partsOf(schema).reduce<unknown>((replaced, inner) => into(inner, replaced), value)
}

function ofObject(schema: z.core.$ZodObject, value: unknown, into: (inner: Schema, part: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { shape, catchall } = schema._zod.def
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const inner = (Object.hasOwn(shape, key) ? shape[key] : undefined) ?? catchall
      return [key, inner ? into(inner, part) : part]
    }),
  )
}

function mapped(value: unknown, each: (item: unknown, index: number) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, index) => each(item, index))
  return value instanceof Set ? new Set([...value].map((item: unknown) => each(item, 0))) : value
}

function ofEntries(value: unknown, each: (key: unknown, inner: unknown) => readonly [unknown, unknown]): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, inner]: [unknown, unknown]) => each(key, inner)))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const [name, part] = each(key, inner)
      return [String(name), part]
    }),
  )
}

/** A copy of a value in which what its schema marks as secret is masked; the value itself if nothing is. */
export function maskFields(schema: Schema, value: unknown): unknown {
  return hasSecrets(schema) ? replaceSecrets(schema, value, () => mask) : value
}

/** Calls back with every text and number that the schema marks as secret in a value. */
export function eachSecret(schema: Schema, value: unknown, then: (secret: string) => void): void {
  if (!hasSecrets(schema)) return
  replaceSecrets(schema, value, (secret) => {
    leaves(secret, then, 0)
    return secret
  })
}

function leaves(value: unknown, then: (leaf: string) => void, depth: number): void {
  if (typeof value === 'string') then(value)
  else if (typeof value === 'number' || typeof value === 'bigint') then(String(value))
  else if (typeof value === 'object' && value !== null && depth < 64) {
    const parts: Iterable<unknown> =
      value instanceof Map || value instanceof Set ? value.values() : Object.values(value)
    for (const part of parts) leaves(part, then, depth + 1)
  }
}
