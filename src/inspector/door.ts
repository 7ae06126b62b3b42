import type { Context, MiddlewareHandler } from 'hono'
import type { Problem } from './protocol.ts'

export interface DoorOptions {
  /** Names under which the server may be called, with the port: a page of another name must not reach it. */
  readonly hosts: () => ReadonlySet<string>
}

/** Nothing from elsewhere, nothing inline, no frames. Source: OWASP Secure Headers. */
const headers = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 500

export function problem(c: Context, status: ProblemStatus, code: string, message: string, problems: string[] = []) {
  const body: Problem = { code, message, problems }
  return c.json(body, status)
}

/**
 * Who may come in. A name that is not ours is a rebound DNS name; an origin that is not ours is another site's page in
 * the operator's browser. Who it is that comes in, another finds out: see `identify`.
 */
export function guardDoor({ hosts }: DoorOptions): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    const host = c.req.header('host')?.toLowerCase() ?? ''
    if (!hosts().has(host))
      return problem(c, 421, 'HOST_UNKNOWN', `this server is not ${host || 'without a name'}; see allowedHosts`)
    const origin = c.req.header('origin')
    const site = c.req.header('sec-fetch-site')
    if ((origin !== undefined && origin !== `http://${host}`) || site === 'cross-site' || site === 'same-site')
      return problem(c, 403, 'ORIGIN_FOREIGN', 'called from a page of another origin')
    if (!['GET', 'HEAD', 'POST'].includes(c.req.method))
      return problem(c, 405, 'METHOD_UNKNOWN', 'use GET, or POST for a command')
    return next()
  }
}

/** Only what a page of another origin cannot send without asking first. */
export const takesJson: MiddlewareHandler = async (c, next) => {
  if (
    c.req.method === 'POST' &&
    c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json'
  )
    return problem(c, 415, 'NOT_JSON', 'send the command as application/json')
  return next()
}
