import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { createWebSocketReceiver } from '@statelyai/inspect'
import { defineTask } from 'taskwright'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createMachine, setup } from 'xstate'
import { z } from 'zod'
import type { StatelyFrame } from '../../src/inspector/stately/frames.ts'
import { sample, serveSample } from './served.ts'

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The consumer of the official package. */
function receive(port: number): StatelyInspectionEvent[] {
  const received: StatelyInspectionEvent[] = []
  const receiver = createWebSocketReceiver({ server: `ws://127.0.0.1:${port}/stately` })
  const { unsubscribe } = receiver.subscribe((event) => received.push(event))
  onTestFinished(unsubscribe)
  return received
}

const ofType = <Type extends StatelyInspectionEvent['type']>(events: StatelyInspectionEvent[], type: Type) =>
  events.filter((event): event is Extract<StatelyInspectionEvent, { type: Type }> => event.type === type)

/** Ours are theirs: the compiler holds it. */
const asTheirs = (frame: StatelyFrame): StatelyInspectionEvent => {
  switch (frame.type) {
    case '@xstate.actor':
      return frame
    case '@xstate.event':
      return frame
    case '@xstate.snapshot':
      return { ...frame, snapshot: { ...frame.snapshot, output: undefined, error: undefined } }
  }
}

const light = defineTask({
  type: 'light',
  kind: 'processing',
  input: z.null(),
  run: setup({}).createMachine({ id: 'lamp', initial: 'off', states: { off: { on: { toggle: 'on' } }, on: {} } }),
})

it('tells a late joiner of every actor that lives, with definitions and parents, before anything else', async () => {
  const { runtime, inspector } = await serveSample({ stately: true })
  const waiting = await runtime.submit(sample, { what: 'wait' })
  const ended = await runtime.submit(sample, { what: 'end' })
  await ended.outcome()
  const lamp = await runtime.submit(light, null)
  await until(() => lamp.handlerActor !== null)
  const received = receive(inspector.port)
  await until(() => received.length >= 4)
  const actors = ofType(received.slice(0, 4), '@xstate.actor')
  expect(actors.map(({ name }) => name)).toEqual(['supervisor', waiting.id, lamp.id, `${lamp.id}/handler`])
  const [supervisor, task, , handler] = actors
  expect(actors.map(({ parentId }) => parentId)).toEqual([
    undefined,
    supervisor?.sessionId,
    supervisor?.sessionId,
    lamp.actor.sessionId,
  ])
  // A definition that a machine can be made of again.
  for (const { definition } of actors) expect(() => createMachine(JSON.parse(definition ?? ''))).not.toThrow()
  expect(JSON.parse(task?.definition ?? '')).toMatchObject({ id: 'task', states: { executing: { type: 'parallel' } } })
  expect(JSON.parse(handler?.definition ?? '')).toMatchObject({ id: 'lamp', initial: 'off' })
  expect(task?.snapshot).toMatchObject({ status: 'active', value: { executing: { work: 'running' } } })
  expect(new Set(actors.map(({ rootId, _version }) => `${rootId} ${_version}`))).toEqual(
    new Set([`${runtime.actor.sessionId} 0.7.2`]),
  )
})

it('then of each actor that comes, each event and each snapshot', async () => {
  const { runtime, inspector } = await serveSample({ stately: true })
  const received = receive(inspector.port)
  await until(() => received.length > 0)
  const handle = await runtime.submit(sample, { what: 'end' })
  const { sessionId } = handle.actor
  await until(() =>
    ofType(received, '@xstate.snapshot').some((one) => one.sessionId === sessionId && one.snapshot.status === 'done'),
  )
  const mine = received.filter((event) => event.sessionId === sessionId)
  expect(mine[0]).toMatchObject({ type: '@xstate.actor', name: handle.id, parentId: runtime.actor.sessionId })
  expect(ofType(mine, '@xstate.event').map(({ event }) => event.type)).toContain('lease.granted')
  const values = ofType(mine, '@xstate.snapshot').map(({ snapshot }) =>
    JSON.stringify('value' in snapshot ? snapshot.value : null),
  )
  expect(values).toContain('"queued"')
  expect(values.at(-1)).toBe('"completed"')
})

it('shows no secret', async () => {
  const secretive = defineTask({
    type: 'secretive',
    kind: 'processing',
    input: z.object({ password: z.string() }),
    run: () => ({ apiKey: 'do-not-show-this-one', fine: 'shown' }),
  })
  const { runtime, inspector } = await serveSample({ stately: true })
  const received = receive(inspector.port)
  await until(() => received.length > 0)
  const handle = await runtime.submit(secretive, { password: 'nor-this-one-please' })
  await handle.outcome()
  await until(() => JSON.stringify(received).includes('shown'))
  expect(JSON.stringify(received)).not.toMatch(/do-not-show|nor-this-one/)
})

/** How a connection that a client tries to open ends. */
function knock(url: string, headers: Record<string, string> = {}): Promise<number | 'open'> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    onTestFinished(() => socket.terminate())
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}

it('lets nobody in from another page or under another name, or by another door', async () => {
  const { inspector } = await serveSample({ stately: true })
  const url = `ws://127.0.0.1:${inspector.port}/stately`
  expect(await knock(url)).toBe('open')
  expect(await knock(url, { origin: 'https://evil.example' })).toBe(403)
  expect(await knock(url, { host: 'evil.example' })).toBe(421)
  expect(await knock(`ws://127.0.0.1:${inspector.port}/api/v1/stream`)).toBe(404)
})

it('is off unless it is asked for', async () => {
  const { inspector } = await serveSample()
  await expect(knock(`ws://127.0.0.1:${inspector.port}/stately`)).resolves.not.toBe('open')
})

it('does not wait for a client that does not read, and ends when the inspector does', async () => {
  const { runtime, inspector } = await serveSample({ stately: true })
  const socket = new WebSocket(`ws://127.0.0.1:${inspector.port}/stately`)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.on('open', resolve))
  socket.pause()
  for (let round = 0; round < 30; round += 1)
    await Promise.all(
      Array.from({ length: 100 }, async () => (await runtime.submit(sample, { what: 'end' })).outcome()),
    )
  socket.resume()
  let [frames, actors] = [0, 0]
  socket.on('message', (data) => {
    frames += 1
    if (String(data).includes('"name":"supervisor"')) actors += 1
  })
  // It was too slow for what happened, and has begun anew with what lives.
  await until(() => actors > 0)
  expect(frames).toBeGreaterThan(0)
  await inspector.close()
  await closed
})

it('is held to the types of the official package', () => {
  expect(asTheirs).toBeTypeOf('function')
})
