import type { KeyObject } from 'node:crypto'
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { z } from 'zod'
import { describeThrown, RefusedError } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import { principalSchema } from '../model/principal.ts'

/** How tokens are proven. */
export interface TokenOptions {
  /** Whose tokens are believed: their `iss`. */
  issuer: string
  /** Whom they must be made for: their `aud`. Give each runtime its own. */
  audience: string
  /** The issuer's public keys: Ed25519, with a `kid` each, if there is more than one. */
  keys: JSONWebKeySet
  /** How far clocks may be apart, ms. Default 0. */
  toleranceMs?: number
}

/** Who a token says that its bearer is, and until when, ms since the epoch. */
export interface Proven {
  readonly principal: Principal
  readonly expiresAt: number
}

const claimsSchema = z.object({
  sub: z.string().min(1),
  exp: z.number(),
  principal: z
    .strictObject({
      kind: z.enum(['agent', 'person', 'system']).optional(),
      weight: z.number().positive().finite().optional(),
      tenant: z.string().min(1).optional(),
      attributes: z.record(z.string(), z.unknown()).optional(),
    })
    .default({}),
})

const algorithms = ['EdDSA', 'Ed25519']

function refused(problem: string, cause?: unknown): RefusedError {
  return new RefusedError('TOKEN_REFUSED', `the token is refused: ${problem}`, { cause })
}

function principalOf(payload: JWTPayload): Proven {
  const claims = claimsSchema.safeParse(payload)
  if (!claims.success) throw refused(describeThrown(claims.error))
  const { sub, exp, principal } = claims.data
  const read = principalSchema.safeParse({ id: sub, ...principal })
  if (!read.success) throw refused(describeThrown(read.error))
  return { principal: read.data, expiresAt: exp * 1_000 }
}

/**
 * Proves a token: a JWT signed with EdDSA, for this audience, by this issuer, not expired. `now` in ms since the epoch.
 * @throws (rejects) RefusedError `TOKEN_REFUSED`
 */
export async function proveToken(token: string, options: TokenOptions, now: number): Promise<Proven> {
  // Not loaded by who has no tokens.
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(options.keys), {
      algorithms,
      audience: options.audience,
      issuer: options.issuer,
      currentDate: new Date(now),
      clockTolerance: (options.toleranceMs ?? 0) / 1_000,
    })
    return principalOf(payload)
  } catch (thrown) {
    throw thrown instanceof RefusedError ? thrown : refused(describeThrown(thrown), thrown)
  }
}

/** What a token is made of. Times in ms since the epoch. */
export interface TokenRequest {
  principal: Principal
  issuer: string
  audience: string
  /** The issuer's private key: Ed25519. */
  key: KeyObject
  keyId?: string
  issuedAt: number
  expiresAt: number
}

/** Makes a token that {@link proveToken} takes. */
export async function issueToken(request: TokenRequest): Promise<string> {
  const { SignJWT } = await import('jose')
  const { principal, issuer, audience, key, keyId, issuedAt, expiresAt } = request
  const { id, ...claims } = principal
  return new SignJWT({ principal: claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
    .setSubject(id)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(Math.floor(issuedAt / 1_000))
    .setExpirationTime(Math.floor(expiresAt / 1_000))
    .sign(key)
}
