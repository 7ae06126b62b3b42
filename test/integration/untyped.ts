/** A value as a host without types would pass it where a `Wanted` belongs. */
export function untyped<Wanted>(value: unknown): Wanted {
  const holder: { value: Wanted } = JSON.parse('{}')
  Reflect.set(holder, 'value', value)
  return holder.value
}

/** Throws a value that need be no error. */
export function throwAsIs(value: unknown): never {
  throw untyped<Error>(value)
}
