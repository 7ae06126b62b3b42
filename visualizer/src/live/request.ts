import type { apiBase } from '../../../src/inspector/protocol.ts'
import { token } from '../operator/token.ts'

/** Checked against the server's own constant; importing that itself would bring its schemas along. */
const api: typeof apiBase = '/api/v1'

/** Asks the server, with the token where there is one: where there is a policy, it says who may see what. */
export function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token.value !== null) headers.set('authorization', `Bearer ${token.value}`)
  return fetch(`${api}${path}`, { ...init, headers })
}
