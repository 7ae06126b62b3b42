import { forgetToken, requestToken, token } from '../operator/token.ts'
import { api } from './wire.ts'

let isAsking = false

/**
 * A runtime with a policy shows itself only to those it knows: gives the token, which is then remembered in a cookie
 * that may read and nothing else. Does nothing where everybody may look.
 */
export function beLetIn(): void {
  if (isAsking) return
  isAsking = true
  void knock().finally(() => {
    isAsking = false
  })
}

async function statusOf(init: RequestInit): Promise<number | null> {
  try {
    return (await fetch(`${api}/session`, init)).status
  } catch {
    return null
  }
}

async function knock(): Promise<void> {
  if ((await statusOf({})) !== 401) return
  for (
    let reason = 'This runtime shows itself only to those it knows.';
    ;
    reason = 'The server does not know this token.'
  ) {
    if (token.value === null && !(await requestToken(reason))) return
    const status = await statusOf({
      method: 'POST',
      headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
      body: '{}',
    })
    if (status !== 401 && status !== 403) return
    forgetToken()
  }
}
