import { DevalueError, parse, stringify } from 'devalue'
import { describeThrown } from '../model/errors.ts'
import type { StoredValue } from '../model/journal-record.ts'

const mark = '$devalue'

/** Under it stands a value that is encrypted. */
export const sealMark = '$sealed'

/** Whether JSON gives the value back as it is. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  // Deep or cyclic: the other notation says which.
  if (depth > 64) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype) return false
  for (const key of Object.keys(value))
    if (key === mark || key === sealMark || key === 'toJSON' || key === '__proto__') return false
  return Object.values(value).every((inner) => isJson(inner, depth + 1))
}

/**
 * A value as it is written down. Dates, maps, sets, bigints, `undefined` and cycles are kept as well.
 * @throws Error for what cannot be written down (functions, instances of classes), saying where it is
 */
export function encodeValue(value: unknown): StoredValue {
  if (value === undefined || isJson(value, 0)) return value
  try {
    return { [mark]: stringify(value) }
  } catch (thrown) {
    const at = thrown instanceof DevalueError && thrown.path !== '' ? ` at ${thrown.path.replace(/^\./, '')}` : ''
    throw new Error(`${describeThrown(thrown)}${at}`, { cause: thrown })
  }
}

export function decodeValue(stored: StoredValue): unknown {
  if (typeof stored !== 'object' || stored === null || !(mark in stored)) return stored
  const text = stored[mark]
  return typeof text === 'string' ? parse(text) : stored
}
