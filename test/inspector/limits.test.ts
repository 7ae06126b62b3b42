import { connect } from 'node:net'
import { createRuntime } from 'taskwright'
import { expect, it, onTestFinished } from 'vitest'
import { serveInspector } from '../../src/inspector/index.ts'
import { sample, serveSample, token } from './served.ts'

/** What the server answers to half a request, and then nothing more. */
function half(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    onTestFinished(() => void socket.destroy())
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (text) => (answer += text))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

it('sends away who begins a request and does not end it', async () => {
  const { inspector } = await serveSample()
  const { port } = inspector
  const head = `POST /api/v1/commands HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  const body = `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{"action":`
  const [inHead, inBody] = await Promise.all([half(port, head), half(port, `${head}${body}`)])
  expect(inHead).toMatch(/^HTTP\/1\.1 408 /)
  expect(inBody).toMatch(/^HTTP\/1\.1 4\d\d |^$/)
}, 15_000)

it('refuses headers that are too large', async () => {
  const { call } = await serveSample()
  expect((await call('/api/v1/stats', { headers: { 'x-long': 'x'.repeat(20_000) } })).status).toBe(431)
})

it('makes nothing for a reader that does not read, and begins anew with it', async () => {
  const { runtime, inspector } = await serveSample({ keepEvents: 1_000 })
  const socket = connect(inspector.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (more) => (text += more))
  socket.write(`GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:${inspector.port}\r\n\r\n`)
  while (!text.includes('event: hello')) await new Promise((resolve) => setTimeout(resolve, 5))
  socket.pause()
  const before = text.length
  let events = 0
  runtime.on('*', () => {
    events += 1
  })
  for (let round = 0; round < 60; round += 1)
    await Promise.all(
      Array.from({ length: 200 }, async () => (await runtime.submit(sample, { what: 'end' })).outcome()),
    )
  socket.resume()
  while (!text.slice(before).includes('event: hello')) await new Promise((resolve) => setTimeout(resolve, 5))
  const missed = text.slice(before, text.indexOf('event: hello', before)).split('"seq":').length - 1
  // What the sockets hold was on its way; all else was never made.
  expect(events).toBeGreaterThan(100_000)
  expect(missed).toBeLessThan(events / 2)
}, 30_000)

it('serves the feed of the official inspector to nobody where a policy holds: that shows no token', async () => {
  const allowAll = { name: 'all', decide: () => ({ allowed: true, rule: 'all' }) }
  const runtime = await createRuntime({ tasks: [sample], policy: allowAll })
  onTestFinished(() => runtime.stop())
  await expect(serveInspector(runtime, { stately: true })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
})
