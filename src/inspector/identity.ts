import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { RefusedError } from '../model/errors.ts'
import type { Caller, Callers } from './callers.ts'
import { problem } from './door.ts'

/** What every route of the API has: who calls. */
export interface Identified {
  readonly Variables: { readonly caller: Caller }
}

/** Cookies are not kept apart by port, so that several inspectors of one machine need names of their own. */
function cookieName(c: Context): string {
  return `taskwright-session-${/:(\d+)$/.exec(c.req.header('host') ?? '')?.[1] ?? '80'}`
}

function isRead(c: Context): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD'
}

const advice = 'send Authorization: Bearer … with what the inspector printed, or with a token that the runtime takes'

function unidentified(c: Context, message: string) {
  c.header('www-authenticate', 'Bearer')
  return problem(c, 401, 'TOKEN_WRONG', `${message}; ${advice}`)
}

/** Who calls without a token: nobody who changes something, or shows that it has none. */
function readerOf(c: Context, callers: Callers): Caller | null {
  if (!isRead(c) || c.req.header('authorization') !== undefined) return null
  const session = getCookie(c, cookieName(c))
  return (session === undefined ? null : callers.ofSession(session)) ?? callers.anybody()
}

/**
 * Finds out who calls: by the bearer token, always; and to read by the cookie of a session, or as anybody where there is
 * no policy. Whoever changes something has to have the token, which no page can read or send by itself.
 */
export function identify(callers: Callers): MiddlewareHandler<Identified> {
  return async (c, next) => {
    if (!isRead(c) && callers.isReadOnly)
      return problem(c, 409, 'READ_ONLY', 'this is a journal after the fact: nothing can be changed')
    const token = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    try {
      const caller = token === undefined ? readerOf(c, callers) : await callers.ofToken(token)
      if (caller === null) return unidentified(c, `${isRead(c) ? 'reads with a policy' : 'changes'} need a token`)
      c.set('caller', caller)
    } catch (thrown) {
      if (thrown instanceof RefusedError) return unidentified(c, thrown.message)
      throw thrown
    }
    return next()
  }
}

/** Who the caller is; and, if it is told to, a cookie by which its page reads from now on. */
export function whoami(c: Context<Identified>, callers: Callers | null) {
  const { caller } = c.var
  if (callers)
    setCookie(c, cookieName(c), callers.openSession(caller), { httpOnly: true, sameSite: 'Strict', path: '/' })
  return c.json({ principal: caller.principal, expiresAt: caller.expiresAt })
}
