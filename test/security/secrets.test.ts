import { pino } from 'pino'
import type { JournalRecord } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, MemoryStore, secret } from 'taskwright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { virtualWorld } from '../integration/virtual-runtime.ts'

const pin = 'open-sesame-4711'

const leaky = defineTask({
  type: 'leaky',
  kind: 'integration',
  input: z.object({ user: z.string(), password: secret(z.string().min(4)) }),
  output: z.object({ user: z.string(), session: secret() }),
  retry: { attempts: 2, backoff: 1 },
  hooks: {
    executing: () => {
      throw new Error(`hook with ${pin}`)
    },
  },
  async run(task, { user, password }) {
    task.log.info(`login of ${user} with ${password}`, { sent: { body: `p=${encodeURIComponent(password)}` } })
    task.progress(0.5, `tried ${Buffer.from(password).toString('base64')}`)
    await task.step('login', () => undefined, {
      undo: () => {
        throw new Error(`cannot take back ${password}`)
      },
    })
    const code = await task.ask(secret(z.string()), `code for ${password}?`)
    task.log.warn(`got ${code}`)
    if (task.attempt === 1) throw new Error(`the server refused ${password}`)
    if (user === 'eve') throw new Error(`refused again, with ${code}`)
    return { user, session: `session-of-${user}` }
  },
})

/** Runs one task whose handler tells its secrets everywhere it can. */
async function tellAll(user: string) {
  const lines: string[] = []
  const store = new MemoryStore()
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
  const options = { store, logger, secrets: { unencrypted: 'allow' as const } }
  const world = await virtualWorld({ tasks: [leaky], ...options })
  const { runtime } = world
  const labels = { note: `for ${pin}`, url: 'https://ada:pw12@h.test' }
  const handle = await runtime.submit(leaky, { user, password: pin }, { labels })
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await world.advance(5)
    const [question] = handle.questions()
    if (question) expect(question.prompt).toBe('code for [redacted]?')
    await world.run(handle.answer('one-time-code'))
    await world.advance(5)
  }
  const outcome = await world.run(handle.outcome())
  const records: JournalRecord[] = []
  for await (const batch of store.load()) records.push(...batch)
  return { ...world, handle, outcome, lines, records }
}

test('what a task knows to be secret is in no event, journal, log, view or error', async () => {
  const { events, outcome, lines, records, handle, runtime, run } = await tellAll('eve')
  expect(outcome.status).toBe('failed')
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown)
  const told = [
    JSON.stringify(events),
    JSON.stringify(records.map(({ event }) => event)),
    lines.join('\n'),
    JSON.stringify([handle.view(), runtime.list()]),
    error instanceof Error ? error.message : '',
  ]
  for (const text of told) {
    for (const form of [pin, Buffer.from(pin).toString('base64').slice(0, -2), 'one-time-code', 'pw12'])
      expect(text).not.toContain(form)
  }
  expect(told[0]).toContain('login of eve with [redacted]')
  expect(told[0]).toContain('cannot take back [redacted]')
  expect(told[2]).toContain('hook with [redacted]')
  await run(runtime.stop())
})

test('the caller gets the output, and views do not', async () => {
  const { handle, outcome, runtime, run } = await tellAll('ada')
  expect(outcome).toMatchObject({ status: 'completed', output: { session: 'session-of-ada' } })
  expect(handle.view().outcome).toMatchObject({ output: { user: 'ada', session: '[redacted]' } })
  await run(runtime.stop())
})

test('an answer is found again after a crash, though its question held a secret', async () => {
  const store = new MemoryStore()
  const asking = defineTask({
    type: 'asking',
    kind: 'control',
    input: z.object({ password: secret() }),
    async run(task, { password }) {
      const answer = await task.ask(z.string(), `use ${password}?`)
      await task.step('hang', () => (task.attempt === 1 ? new Promise(() => undefined) : 'done'))
      return answer
    },
  })
  const options = {
    store,
    logger: pino({ level: 'silent' }),
    secrets: { unencrypted: 'allow' as const },
    tasks: [asking],
  }
  const first = createVirtualEnvironment({ seed: 1 })
  const before = await createRuntime({ environment: first, ...options })
  const { id } = await before.submit(asking, { password: pin })
  await first.clock.advance(1)
  await first.run(before.get(id)?.answer('yes') ?? Promise.reject(new Error('it is gone')))
  await first.clock.advance(1)
  const second = createVirtualEnvironment({ seed: 2, startAt: 10_000 })
  const after = await createRuntime({ environment: second, ...options })
  const handle = after.get(id)
  expect(await second.run(handle?.result() ?? Promise.resolve('it is gone'))).toBe('yes')
})

test('a definition with secret fields is refused where they would be written down as they are', async () => {
  const harmless = defineTask({ type: 'harmless', kind: 'control', input: z.string(), run: () => 1 })
  const refused = { code: 'SECRET_UNPROTECTED', problems: ['leaky version 1 has secret fields'] }
  await expect(createRuntime({ store: new MemoryStore(), tasks: [leaky, harmless] })).rejects.toMatchObject(refused)
  const runtime = await createRuntime({ store: new MemoryStore() })
  await expect(runtime.submit(leaky, { user: 'ada', password: pin })).rejects.toMatchObject(refused)
  expect(runtime.list()).toEqual([])
  await (await runtime.submit(harmless, 'x')).result()
  await runtime.stop()
})

test('a host names what it knows: names, patterns, values', async () => {
  const secrets = { names: ['kundennummer'], patterns: [/IBAN [A-Z0-9]+/], values: ['the-hosts-own-key'] }
  const world = await virtualWorld({ secrets })
  const noting = defineTask({
    type: 'noting',
    kind: 'control',
    input: z.string(),
    run(task, text) {
      task.log.info(text, { kundennummer: 12345, text })
    },
  })
  const handle = await world.runtime.submit(noting, 'pay IBAN DE89370400 with the-hosts-own-key')
  await world.run(handle.outcome())
  const line = world.events.find(({ type }) => type === 'task.log')
  expect(line).toMatchObject({
    message: 'pay [redacted] with [redacted]',
    data: { kundennummer: '[redacted]', text: 'pay [redacted] with [redacted]' },
  })
})

test('children that differ in a secret alone are told apart without its hash', async () => {
  const store = new MemoryStore()
  const inner = defineTask({ type: 'inner', kind: 'control', input: z.object({ password: secret() }), run: () => 1 })
  const outer = defineTask({
    type: 'outer',
    kind: 'control',
    input: z.null(),
    async run(task) {
      for (const password of ['first', 'other']) await (await task.submit(inner, { password })).result()
    },
  })
  const world = await virtualWorld({ store, tasks: [outer, inner], secrets: { unencrypted: 'allow' } })
  await world.run((await world.runtime.submit(outer, null)).result())
  const keys: unknown[] = []
  for await (const batch of store.load())
    for (const { payload } of batch) if (payload?.accepted?.childKey) keys.push(payload.accepted.childKey)
  expect(keys).toHaveLength(2)
  expect(new Set(keys.map((key) => String(key).split('#')[1])).size).toBe(1)
  expect(new Set(keys).size).toBe(2)
})
