import type { Context, MiddlewareHandler } from 'hono'
import { RefusedError } from '../model/errors.ts'
import type { Caller, Callers } from './callers.ts'
import { problem } from './door.ts'

/** What every route of the API has: who calls. */
export interface Identified {
  readonly Variables: { readonly caller: Caller }
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
  return isRead(c) && c.req.header('authorization') === undefined ? callers.anybody() : null
}

/**
 * Finds out who calls: by the bearer token; and to read, where there is no policy, without one. Whoever changes something
 * has to have the token, which no page can read or send by itself.
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
