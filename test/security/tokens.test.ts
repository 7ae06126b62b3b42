import type { KeyObject } from 'node:crypto'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { issueToken } from 'taskwright'
import { expect, test } from 'vitest'
import { virtualWorld } from '../integration/virtual-runtime.ts'
import { policy, work } from './two-agents.ts'

const ours = generateKeyPairSync('ed25519')
const theirs = generateKeyPairSync('ed25519')
const issuer = 'https://id.test'
const audience = 'taskwright-test'
const ada = { id: 'ada', kind: 'agent', weight: 2, tenant: 'acme', attributes: { teams: ['a', 'b'] } } as const

async function world() {
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'EdDSA' }
  return virtualWorld({ tasks: [work], policy, tokens: { issuer, audience, keys: { keys: [jwk] } } })
}

function token(now: number, change: { audience?: string; issuer?: string; key?: KeyObject; livesMs?: number } = {}) {
  const { livesMs = 60_000, key = ours.privateKey, ...rest } = change
  return issueToken({
    principal: ada,
    issuer,
    audience,
    key,
    keyId: 'k1',
    issuedAt: now,
    expiresAt: now + livesMs,
    ...rest,
  })
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

test('a token proves who acts, until it expires', async () => {
  const { runtime, environment, advance, run } = await world()
  const face = await runtime.authenticate(await token(environment.clock.now()))
  expect(face.principal).toEqual(ada)
  const handle = await face.submit(work, { ms: 90_000 })
  await advance(61_000)
  await expect(face.submit(work, {})).rejects.toMatchObject({ code: 'TOKEN_REFUSED' })
  expect(face.get(handle.id)).toBeUndefined()
  expect(() => handle.view()).toThrow('expired')
  expect(face.list()).toEqual([])
  expect([...face.journal()]).toEqual([])
  // What was taken on goes on.
  expect(await run(runtime.as(ada).get(handle.id)?.result() ?? Promise.resolve())).toBe('ada')
})

const claims = { sub: 'ada', iss: issuer, aud: audience, exp: 10_000_000_000 }

const forgeries: readonly (readonly [what: string, forge: (now: number) => string | Promise<string>])[] = [
  ['for another audience', (now) => token(now, { audience: 'another' })],
  ['by another issuer', (now) => token(now, { issuer: 'https://evil.test' })],
  ['that has expired', (now) => token(now, { livesMs: -1_000 })],
  ['signed with another key', (now) => token(now, { key: theirs.privateKey })],
  ['without a signature', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`],
  ['without a signature, spelt otherwise', () => `${part({ alg: 'nOnE' })}.${part(claims)}.`],
  [
    'signed with the public key as a shared secret',
    () => {
      const head = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims)}`
      const secret = ours.publicKey.export({ format: 'pem', type: 'spki' })
      return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
    },
  ],
  [
    'whose claims were changed',
    async (now) => (await token(now)).replace(/\.([^.]+)\./, `.${part({ ...claims, sub: 'olga' })}.`),
  ],
  ['whose signature was changed', async (now) => `${(await token(now)).slice(0, -8)}AAAAAAAA`],
  [
    'without an end',
    () =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
        .setSubject('ada')
        .setIssuer(issuer)
        .setAudience(audience)
        .sign(ours.privateKey),
  ],
  [
    'without a subject',
    () =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
        .setExpirationTime(10_000_000_000)
        .setIssuer(issuer)
        .setAudience(audience)
        .sign(ours.privateKey),
  ],
  [
    'that claims what no principal has',
    () =>
      new SignJWT({ principal: { kind: 'root' } })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
        .setSubject('ada')
        .setExpirationTime(10_000_000_000)
        .setIssuer(issuer)
        .setAudience(audience)
        .sign(ours.privateKey),
  ],
  ['that is none', () => 'ada'],
  ['that is empty', () => ''],
]

for (const [what, forge] of forgeries) {
  test(`a token ${what} is refused`, async () => {
    const { runtime, environment } = await world()
    const forged = await forge(environment.clock.now())
    await expect(runtime.authenticate(forged)).rejects.toMatchObject({ code: 'TOKEN_REFUSED' })
  })
}

test('a face that a token gave does not act for others', async () => {
  const { runtime, environment } = await world()
  const face = await runtime.authenticate(await token(environment.clock.now()))
  expect(() => face.as({ id: 'olga', kind: 'person' })).toThrow('may not delegate')
})

test('a runtime without tokens takes none', async () => {
  const { runtime } = await virtualWorld()
  await expect(runtime.authenticate('x')).rejects.toMatchObject({ code: 'TOKEN_REFUSED' })
})
