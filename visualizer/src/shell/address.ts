import { signal } from '@preact/signals'

/** Where the page is: everything in the address bar, so that a link shows the same. */
export interface Address {
  /** `path` of a view. */
  readonly view: string
  /** Id of the selected task. */
  readonly task: string | null
  /** `seq` of the event after which the page shows the runtime; `null`: now. */
  readonly at: number | null
  /** What the view is narrowed to and sorted by; each view knows its own names. */
  readonly filters: Readonly<Record<string, string>>
}

export const firstView = 'tasks'

/** @param hash `#/tasks?stage=failed&task=…&at=1200` */
function parseAddress(hash: string): Address {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const { task = null, at, ...filters } = Object.fromEntries(new URLSearchParams(search))
  const seq = Number(at)
  const isSeq = at !== undefined && Number.isSafeInteger(seq) && seq >= 0
  return { view: path || firstView, task, at: isSeq ? seq : null, filters }
}

function printAddress({ view, task, at, filters }: Address): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value !== '') search.set(name, value)
  if (task !== null) search.set('task', task)
  if (at !== null) search.set('at', String(at))
  const text = search.toString()
  return `#/${view}${text ? `?${text}` : ''}`
}

export const address = signal<Address>(parseAddress(''))

/** The filters that each view was left with. */
const left = new Map<string, Address['filters']>()

function changed(change: Partial<Address>): Address {
  const { value } = address
  const view = change.view ?? value.view
  const filters = view === value.view ? value.filters : (left.get(view) ?? {})
  return { ...value, filters, ...change }
}

/** The link to another place; what is not named stays as it is. */
export function hrefTo(change: Partial<Address>): string {
  return printAddress(changed(change))
}

/** @param mode `replace`: the way back skips this step, as it should for each letter of a search */
export function go(change: Partial<Address>, mode: 'push' | 'replace' = 'push'): void {
  const next = changed(change)
  const url = printAddress(next)
  if (url === printAddress(address.value)) return
  if (mode === 'push') history.pushState(null, '', url)
  else history.replaceState(null, '', url)
  take(next)
}

/** Sets one filter of the view; empty takes it away. */
export function setFilters(change: Readonly<Record<string, string>>, mode: 'push' | 'replace' = 'replace'): void {
  go({ filters: { ...address.value.filters, ...change } }, mode)
}

function take(next: Address): void {
  left.set(next.view, next.filters)
  address.value = next
}

export function followAddressBar(): void {
  const read = () => take(parseAddress(location.hash))
  window.addEventListener('popstate', read)
  read()
}
