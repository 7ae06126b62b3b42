import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostFetch } from '../../src/isolation/host-fetch.ts'
import { hostRead } from '../../src/isolation/host-read.ts'
import { isPublicAddress } from '../../src/isolation/public-address.ts'
import { observedRuntime, sandboxed, sandboxLevels } from './sandboxed.ts'

let port = 0
let other = 0
const asked: { url: string; method: string; headers: IncomingHttpHeaders }[] = []
const answers: Record<string, () => [number, Record<string, string>, string]> = {
  '/plain': () => [200, { 'x-one': '1', 'set-cookie': 'a=b' }, 'plain'],
  '/away': () => [302, { location: `http://127.0.0.1:${other}/plain` }, ''],
  '/up': () => [302, { location: 'http://169.254.169.254/latest' }, ''],
  '/file': () => [302, { location: 'file:///etc/passwd' }, ''],
  '/round': () => [302, { location: '/round' }, ''],
  '/to-plain': () => [303, { location: '/plain' }, ''],
  '/large': () => [200, {}, 'x'.repeat(5_000)],
}
const serve = () =>
  createServer((request, response) => {
    const { url = '', method = '', headers } = request
    asked.push({ url, method, headers })
    const [status, head, body] = answers[url]?.() ?? [404, {}, 'none']
    response.writeHead(status, head).end(body)
  })
const servers = [serve(), serve()]
let folder = ''

beforeAll(async () => {
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(typeof address === 'object' && address ? address.port : 0)
          }),
        ),
    ),
  )
  port = ports[0] ?? 0
  other = ports[1] ?? 0
  folder = await mkdtemp(join(tmpdir(), 'capable-'))
  await mkdir(join(folder, 'granted', 'inner'), { recursive: true })
  await mkdir(join(folder, 'granted-not'))
  await writeFile(join(folder, 'granted', 'inner', 'file'), 'grüße')
  await writeFile(join(folder, 'secret'), 'secret')
  await writeFile(join(folder, 'granted-not', 'file'), 'secret')
  await symlink(join(folder, 'secret'), join(folder, 'granted', 'link'))
  await symlink(folder, join(folder, 'granted', 'up'))
  await symlink('inner/file', join(folder, 'granted', 'inside'))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

const bounds = (maxBytes = 1_000) => ({ maxBytes, signal: AbortSignal.timeout(5_000) })
const here = () => [{ host: `127.0.0.1:${port}`, private: true }]
const get = (path: string, grants = here()) => hostFetch(grants, `http://127.0.0.1:${port}${path}`, {}, bounds())

describe('fetch', () => {
  test('gives status, headers and body, and not the cookies', async () => {
    expect(await get('/plain')).toMatchObject({ status: 200, body: 'plain', headers: { 'x-one': '1' } })
    expect((await get('/plain')).headers).not.toHaveProperty('set-cookie')
    expect(await get('/to-plain')).toMatchObject({ status: 200, url: `http://127.0.0.1:${port}/plain` })
  })

  test('asks only hosts that were granted, with their ports, by http and https', async () => {
    for (const url of [
      `http://127.0.0.1:${other}/plain`,
      `http://localhost:${port}/plain`,
      `http://user:word@127.0.0.1:${port}/plain`,
      'file:///etc/passwd',
      'data:text/plain,hello',
      'nonsense',
    ])
      await expect(hostFetch(here(), url, {}, bounds())).rejects.toThrow(/is not granted|is no address/)
  })

  test('a wildcard is for names under it, and for nothing else', async () => {
    const grants = [{ host: '*.example.com', private: false }]
    for (const host of ['example.com', 'badexample.com', 'example.com.evil.test', 'a.example.com:8080'])
      await expect(hostFetch(grants, `http://${host}/`, {}, bounds())).rejects.toThrow('is not granted')
  })

  test('private addresses are refused unless the grant says so, by number or by name', async () => {
    const grants = [
      { host: `127.0.0.1:${port}`, private: false },
      { host: `localhost:${port}`, private: false },
      { host: `2130706433:${port}`, private: false },
    ]
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1'])
      await expect(hostFetch(grants, `http://${host}:${port}/plain`, {}, bounds())).rejects.toThrow(
        'has a private address',
      )
  })

  test('redirects are held to the same: to other hosts, to private addresses, to other schemes, without an end', async () => {
    const before = asked.length
    await expect(get('/away')).rejects.toThrow('is not granted')
    await expect(get('/up')).rejects.toThrow('http://169.254.169.254 is not granted')
    const both = [...here(), { host: '169.254.169.254', private: false }]
    await expect(get('/up', both)).rejects.toThrow('has a private address')
    await expect(get('/file')).rejects.toThrow('is not granted')
    expect(asked.slice(before).filter(({ url }) => url === '/plain')).toEqual([])
    await expect(get('/round')).rejects.toThrow('more than 5 redirects')
  })

  test('credentials do not follow a redirect to another origin, and the host names itself', async () => {
    const grants = [...here(), { host: `127.0.0.1:${other}`, private: true }]
    const headers = { Authorization: 'Bearer mine', Host: 'elsewhere', 'x-mine': 'yes' }
    await hostFetch(grants, `http://127.0.0.1:${port}/away`, { headers }, bounds())
    const [first, second] = asked.slice(-2)
    expect(first?.headers).toMatchObject({ authorization: 'Bearer mine', host: `127.0.0.1:${port}` })
    expect(second?.headers).toMatchObject({ 'x-mine': 'yes', host: `127.0.0.1:${other}` })
    expect(second?.headers).not.toHaveProperty('authorization')
  })

  test('a response over the limit is refused', async () => {
    await expect(get('/large')).rejects.toThrow('more than 1000 bytes')
  })

  test.each(sandboxLevels)('serves handlers at the level %s', async (level) => {
    const { runtime } = await observedRuntime()
    const url = `http://127.0.0.1:${port}/plain`
    const granted = sandboxed(level, 'fetching', { can: { fetch: [{ host: `127.0.0.1:${port}`, private: true }] } })
    expect(await (await runtime.submit(granted, { url })).result()).toEqual({ status: 200, body: 'plain' })
    expect(await (await runtime.submit(sandboxed(level, 'fetching'), { url })).outcome()).toMatchObject({
      failure: { message: expect.stringContaining('is not granted: can.fetch has none') },
    })
    await runtime.stop()
  })
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['ff02::1', false],
  ['localhost', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

describe('read', () => {
  const granted = () => [join(folder, 'granted')]

  test('reads files in the folder, and through links that stay in it', async () => {
    expect(await hostRead(granted(), join(folder, 'granted/inner/file'), 1_000)).toBe('grüße')
    expect(await hostRead(granted(), join(folder, 'granted/inside'), 1_000)).toBe('grüße')
    expect(await hostRead([join(folder, 'secret')], join(folder, 'secret'), 1_000)).toBe('secret')
  })

  test('nothing else, and does not say whether it is there', async () => {
    for (const path of [
      'granted/link',
      'granted/up/secret',
      'granted/../secret',
      'granted-not/file',
      'granted/absent',
      'absent',
    ])
      await expect(hostRead(granted(), join(folder, path), 1_000)).rejects.toThrow('is not to be read')
    for (const path of ['', 'granted', '/etc/passwd', `${folder}/granted/../secret`, `${folder}/granted/inner/file\0`])
      await expect(hostRead(granted(), path, 1_000)).rejects.toThrow('is not to be read')
    await expect(hostRead(granted(), join(folder, 'granted/inner'), 1_000)).rejects.toThrow('is no file')
    await expect(hostRead(granted(), join(folder, 'granted/inner/file'), 3)).rejects.toThrow('over the limit of 3')
    await expect(hostRead(['/absent'], '/etc/passwd', 1_000)).rejects.toThrow('is not to be read')
  })

  test.each(sandboxLevels)('serves handlers at the level %s', async (level) => {
    const { runtime } = await observedRuntime()
    const definition = sandboxed(level, 'reading', { can: { read: granted() } })
    const outcomeOf = async (path: string) => (await runtime.submit(definition, { path: join(folder, path) })).outcome()
    expect(await outcomeOf('granted/inner/file')).toMatchObject({ output: 'grüße' })
    expect(await outcomeOf('granted/link')).toMatchObject({
      failure: { message: expect.stringContaining('is not to be read') },
    })
    await runtime.stop()
  })
})
