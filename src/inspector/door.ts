import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { Problem } from './protocol.ts'

export interface DoorOptions {
  /** Names under which the server may be called, with the port: a page of another name must not reach it. */
  readonly hosts: () => ReadonlySet<string>
  /** What a change has to bring; `null`: nothing can be changed. */
  readonly token: string | null
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

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Compared in constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

/**
 * Who may come in. A name that is not ours is a rebound DNS name; an origin that is not ours is another site's page in
 * the operator's browser; whoever changes something has to have the token, which no page can read or send by itself.
 */
export function guardDoor({ hosts, token }: DoorOptions): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    const host = c.req.header('host')?.toLowerCase() ?? ''
    if (!hosts().has(host))
      return problem(c, 421, 'HOST_UNKNOWN', `this server is not ${host || 'without a name'}; see allowedHosts`)
    const origin = c.req.header('origin')
    const site = c.req.header('sec-fetch-site')
    if ((origin !== undefined && origin !== `http://${host}`) || site === 'cross-site' || site === 'same-site')
      return problem(c, 403, 'ORIGIN_FOREIGN', 'called from a page of another origin')
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    if (c.req.method !== 'POST') return problem(c, 405, 'METHOD_UNKNOWN', 'use GET, or POST for a command')
    if (token === null) return problem(c, 409, 'READ_ONLY', 'this is a journal after the fact: nothing can be changed')
    const given = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (given === undefined || !isSame(given, token)) {
      c.header('www-authenticate', 'Bearer')
      return problem(
        c,
        401,
        'TOKEN_WRONG',
        'changes need the token that the inspector printed: Authorization: Bearer …',
      )
    }
    if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
      return problem(c, 415, 'NOT_JSON', 'send the command as application/json')
    return next()
  }
}
