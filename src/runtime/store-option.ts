import { z } from 'zod'
import type { Store } from '../store/store.ts'

/** What an object lacks to be a store. */
function lackingOfStore(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['everything']
  const members = new Map<string, unknown>(storeMembers.map(([name]) => [name, Reflect.get(value, name)]))
  return storeMembers.filter(([name, type]) => typeof members.get(name) !== type).map(([name]) => name)
}

const storeMembers = [
  ['isVolatile', 'boolean'],
  ['append', 'function'],
  ['flush', 'function'],
  ['load', 'function'],
  ['forget', 'function'],
  ['close', 'function'],
] as const

function lacks(value: unknown): string {
  return typeof value === 'object' && value !== null ? `; it lacks ${lackingOfStore(value).join(', ')}` : ''
}

/** Where the journal goes, as a host says it. */
export const storeSchema = z.union(
  [
    z.literal('memory'),
    z.templateLiteral(['file:', z.string().min(1)]),
    z.custom<Store>((value) => lackingOfStore(value).length === 0),
  ],
  {
    error: ({ input }) => `not a store; give 'memory', 'file:PATH', or an object that implements Store${lacks(input)}`,
  },
)
