import { request } from 'node:http'
import { expect, it } from 'vitest'
import { serveInspector } from '../../src/inspector/index.ts'
import { command, serveSample, token } from './served.ts'

/** As a browser would never let a page do: any header, any method. */
function raw(port: number, method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

it.each([
  ['its own name', { host: 'localhost' }, 200],
  ['its own address', { host: '127.0.0.1' }, 200],
  ['a name that was rebound to its address', { host: 'evil.example' }, 421],
  ['its name as a part of another', { host: 'localhost.evil.example' }, 421],
])('answers under %s', async (_, { host }, status) => {
  const { inspector } = await serveSample()
  expect(await raw(inspector.port, 'GET', '/api/v1/stats', { host: `${host}:${inspector.port}` })).toBe(status)
})

it('does not answer under its name with another port', async () => {
  const { inspector } = await serveSample()
  expect(await raw(inspector.port, 'GET', '/api/v1/stats', { host: 'localhost' })).toBe(421)
})

it('answers under a name that it was given', async () => {
  const { inspector } = await serveSample({ allowedHosts: ['Inspector.example'] })
  expect(await raw(inspector.port, 'GET', '/api/v1/stats', { host: 'inspector.example' })).toBe(200)
})

it.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['an origin without a name', { origin: 'null' }],
  ['its own name by another scheme', { origin: 'https://localhost' }],
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }],
])('refuses a page of %s, to read and to change', async (_, headers) => {
  const { inspector } = await serveSample()
  const host = `localhost:${inspector.port}`
  expect(await raw(inspector.port, 'GET', '/api/v1/tasks', { host, ...headers })).toBe(403)
  expect(await raw(inspector.port, 'POST', '/api/v1/commands', { host, ...headers })).toBe(403)
})

it('lets its own page in', async () => {
  const { inspector } = await serveSample()
  const host = `localhost:${inspector.port}`
  const headers = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
  expect(await raw(inspector.port, 'GET', '/api/v1/tasks', headers)).toBe(200)
})

it.each([
  ['none', {}, 401],
  ['another token', { authorization: 'Bearer something-else-here' }, 401],
  ['the token as another scheme', { authorization: `Basic ${token}` }, 401],
  ['the token in front of more', { authorization: `Bearer ${token} x` }, 401],
  ['the token', { authorization: `Bearer ${token}` }, 415],
])('asks whoever changes something for the token: %s', async (_, headers, status) => {
  const { inspector } = await serveSample()
  const host = `127.0.0.1:${inspector.port}`
  expect(await raw(inspector.port, 'POST', '/api/v1/commands', { host, ...headers })).toBe(status)
})

it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('does not know %s', async (method) => {
  const { inspector } = await serveSample()
  const headers = { host: `127.0.0.1:${inspector.port}`, authorization: `Bearer ${token}` }
  expect(await raw(inspector.port, method, '/api/v1/commands', headers)).toBe(405)
})

it.each([
  ['text', 'text/plain'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['something like JSON', 'application/jsonp'],
])('takes no %s for a command', async (_, type) => {
  const { inspector } = await serveSample()
  const { status } = await command(inspector, { action: 'drain' }, { 'content-type': type })
  expect(status).toBe(415)
})

it.each([
  ['what is no JSON', '{', /JSON/],
  ['nothing', '', /JSON/],
  ['an unknown action', { action: 'burn' }, /action/],
  ['an unknown field', { action: 'drain', force: true }, /force/],
  ['a polluted prototype', '{"action":"drain","__proto__":{"why":"x"}}', /prototype/],
  ['a polluted constructor', '{"action":"drain","constructor":{"prototype":{}}}', /prototype/],
  ['no tasks', { action: 'cancel', tasks: { ids: [] } }, /ids|tasks/],
  ['a negative capacity', { action: 'resize', resource: 'slots', capacity: -1 }, /capacity/],
  ['a number that JSON has not', '{"action":"resize","resource":"slots","capacity":1e999}', /capacity/],
])('refuses %s, and says why', async (_, body, message) => {
  const { inspector, runtime } = await serveSample()
  const { status, answer } = await command(inspector, body)
  expect(status).toBe(400)
  expect(JSON.stringify(answer)).toMatch(message)
  expect(runtime.state).toBe('running')
})

it('refuses a command that is too large', async () => {
  const { inspector } = await serveSample()
  const { status } = await command(inspector, { action: 'drain', why: 'x'.repeat(2_000_000) })
  expect(status).toBe(413)
})

it('sends what keeps a page from being framed, sniffed, or from loading anything of others', async () => {
  const { call } = await serveSample()
  const { headers } = await call('/api/v1/tasks')
  expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('set-cookie')).toBeNull()
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

it.each(['/../package.json', '/..%2fpackage.json', '/%2e%2e/package.json', '/assets/../../package.json'])(
  'serves no file but those of the page: %s',
  async (path) => {
    const { inspector } = await serveSample()
    expect(await raw(inspector.port, 'GET', path, { host: `127.0.0.1:${inspector.port}` })).toBe(404)
  },
)

it('listens on this machine only, unless told otherwise', async () => {
  const { inspector } = await serveSample()
  expect(new URL(inspector.url).hostname).toBe('127.0.0.1')
})

it('draws a token that nobody can guess, if none is given', async () => {
  const { runtime } = await serveSample()
  const [one, other] = [await serveInspector(runtime), await serveInspector(runtime)]
  expect(one.token).toMatch(/^[\w-]{32}$/)
  expect(one.token).not.toBe(other.token)
  await Promise.all([one.close(), other.close()])
})

it('lists everything that is wrong with its options', async () => {
  const { runtime } = await serveSample()
  const wrong = { port: 70_000, token: 'short', keepEvents: 1 }
  await expect(serveInspector(runtime, wrong)).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    message: expect.stringMatching(/port[\s\S]*token[\s\S]*keepEvents/),
  })
})

it('says that its port is taken', async () => {
  const { runtime, inspector } = await serveSample()
  await expect(serveInspector(runtime, { port: inspector.port })).rejects.toThrow('EADDRINUSE')
})
