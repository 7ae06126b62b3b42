import { effect, signal } from '@preact/signals'

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

interface TokenRequest {
  readonly reason: string
  readonly settle: (isGiven: boolean) => void
}

/** Somebody wants to change something, and has given no token yet. */
export const tokenRequest = signal<TokenRequest | null>(null)

/** Resolves to whether a token was given. A second request waits in the place of the first, which is given up. */
export function requestToken(reason: string): Promise<boolean> {
  tokenRequest.value?.settle(false)
  return new Promise((resolve) => {
    tokenRequest.value = {
      reason,
      settle(isGiven) {
        tokenRequest.value = null
        resolve(isGiven)
      },
    }
  })
}

/** Resolves when there is a token. */
export function tokenGiven(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (token.value === null) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}
