/** A machine's config is read and changed as plain data: what a person may write in it has many forms. */
export type Plain = Readonly<Record<string, unknown>>

/** Where in a config something stands: keys, and positions in lists. */
export type Place = readonly (string | number)[]

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function asPlain(value: unknown): Plain {
  return isPlain(value) ? value : {}
}

/** What may stand alone or in a list. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** The form in which one, several or none of something are written. */
export function asWritten(list: readonly unknown[]): unknown {
  if (list.length === 0) return undefined
  return list.length === 1 ? list[0] : list
}

export function without<Item>(list: readonly Item[], position: number): Item[] {
  return list.filter((_, index) => index !== position)
}

export function replaced<Item>(list: readonly Item[], position: number, item: Item): Item[] {
  return list.map((other, index) => (index === position ? item : other))
}

/** A copy in which one place is changed; what becomes `undefined` is left out. */
export function editAt(root: unknown, place: Place, edit: (value: unknown) => unknown): unknown {
  const [key, ...rest] = place
  if (key === undefined) return edit(root)
  if (Array.isArray(root)) {
    const edited = root.map((value, index) => (index === key ? editAt(value, rest, edit) : value))
    return edited.filter((value) => value !== undefined)
  }
  const plain = asPlain(root)
  const value = editAt(plain[key], rest, edit)
  const others = Object.entries(plain).filter(([name]) => name !== key)
  // Its position among its neighbours is kept: states are entered in the order in which they are written.
  return value !== undefined && key in plain
    ? Object.fromEntries(Object.entries(plain).map((entry) => (entry[0] === key ? [key, value] : entry)))
    : Object.fromEntries(value === undefined ? others : [...others, [key, value]])
}
