import { signal } from '@preact/signals'

const key = 'taskwright.token'

/** What commands are sent with, until the tab is closed. `null`: nobody has given it. */
export const token = signal<string | null>(sessionStorage.getItem(key))

export function keepToken(value: string): void {
  sessionStorage.setItem(key, value)
  token.value = value
}

export function forgetToken(): void {
  sessionStorage.removeItem(key)
  token.value = null
}

/** Takes the token out of `#token=…`, as the server prints it, before anything else sees the address. */
export function readTokenOfAddress(): void {
  const given = /^#token=([^&]+)$/.exec(location.hash)?.[1]
  if (given === undefined) return
  history.replaceState(null, '', location.pathname)
  keepToken(decodeURIComponent(given))
}
