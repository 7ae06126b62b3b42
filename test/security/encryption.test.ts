import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { pino } from 'pino'
import type { EncryptionOptions } from 'taskwright'
import { createRuntime, createVirtualEnvironment, defineTask, MemoryStore, secret } from 'taskwright'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { runProgram } from '../../src/cli/program.ts'
import { encryptionSchema, Keyring } from '../../src/security/keyring.ts'
import { CrashingHost } from '../integration/crashing-host.ts'
import { AuditFolder } from './audited-store.ts'

const folder = new AuditFolder()

afterAll(() => folder.remove())

const [one, two] = [randomBytes(32), randomBytes(32)]
const withOne: EncryptionOptions = { current: 'k1', keys: { k1: one } }
const withBoth: EncryptionOptions = { current: 'k2', keys: { k1: one.toString('base64'), k2: two } }
const withTwo: EncryptionOptions = { current: 'k2', keys: { k2: two } }

function keyring(options: EncryptionOptions): Keyring {
  return new Keyring(encryptionSchema.parse(options))
}

/** Marks that turn up in every kind of value. */
const marks = ['input-mark', 'result-mark', 'answer-mark', 'output-mark']

const telling = defineTask({
  type: 'telling',
  kind: 'control',
  input: z.object({ text: z.string(), pin: secret() }),
  output: z.object({ text: z.string(), when: z.date(), none: z.undefined() }),
  retry: { attempts: 3, backoff: 1 },
  async run(task, { text, pin }) {
    const result = await task.step('work', () => `result-mark of ${text}`)
    const answer = await task.ask(z.string(), 'go on?')
    if (pin !== 'pin-mark' || text !== 'input-mark') throw new Error('the input is another')
    return { text: `output-mark ${result} ${answer}`, when: new Date(5), none: undefined }
  },
})

const input = { text: 'input-mark', pin: 'pin-mark' }
const output = { text: 'output-mark result-mark of input-mark answer-mark', when: new Date(5), none: undefined }

function runtimeOn(path: string, encryption: EncryptionOptions | null) {
  return createRuntime({
    store: `file:${path}`,
    tasks: encryption ? [telling] : [],
    logger: pino({ level: 'silent' }),
    ...(encryption && { encryption }),
  })
}

async function filled(name: string): Promise<{ path: string; id: string }> {
  const path = folder.file(name)
  const runtime = await runtimeOn(path, withOne)
  const handle = await runtime.submit(telling, input)
  for await (const { type } of handle.changes()) if (type === 'task.asked') await handle.answer('answer-mark')
  expect(await handle.result()).toEqual(output)
  await runtime.stop()
  return { path, id: handle.id }
}

async function store(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  return { code: await runProgram(['store', ...args], { terminal, signal: new AbortController().signal }), out, err }
}

describe('a store with a key', () => {
  test('holds no value that can be read, in the file and in exports', async () => {
    const { path } = await filled('sealed.db')
    const bytes = readFileSync(path).toString('latin1')
    const exported = (await store('export', path)).out.join('\n')
    for (const mark of [...marks, 'pin-mark']) {
      expect(bytes).not.toContain(mark)
      expect(exported).not.toContain(mark)
    }
    expect(exported).toContain('"$sealed":"k1.')
    expect((await store('check', path)).code).toBe(0)
  })

  test('is taken up with the key, and refused without it or with another, clearly', async () => {
    const { path, id } = await filled('taken-up.db')
    const again = await runtimeOn(path, withOne)
    expect(await again.get(id)?.result()).toEqual(output)
    await again.stop()
    const refusals: [EncryptionOptions | null, string][] = [
      [null, `${id}: its input is encrypted with the key "k1"; give createRuntime that key (encryption)`],
      [withTwo, 'is encrypted with the key "k1", which was not given; given are: k2'],
      [{ current: 'k1', keys: { k1: two } }, 'does not open with the key "k1" that was given: that is another key'],
    ]
    for (const [encryption, message] of refusals)
      await expect(runtimeOn(path, encryption)).rejects.toMatchObject({
        code: 'STORE_SEALED',
        message: expect.stringContaining(message),
      })
    // A refusal lets go of the file.
    await (await runtimeOn(path, withOne)).stop()
  })

  test('goes on with a new key, and with that alone once it is rekeyed', async () => {
    const { path, id } = await filled('rotated.db')
    const rotated = await runtimeOn(path, withBoth)
    expect(await rotated.get(id)?.result()).toEqual(output)
    const second = await rotated.submit(telling, input)
    for await (const { type } of second.changes()) if (type === 'task.asked') await second.answer('answer-mark')
    await rotated.stop()
    await expect(runtimeOn(path, withTwo)).rejects.toMatchObject({ code: 'STORE_SEALED' })
    const keys = folder.file(
      'keys.json',
      JSON.stringify({ current: 'k2', keys: { k1: one.toString('base64'), k2: two.toString('base64') } }),
    )
    expect((await store('rekey', path, '--keys', keys)).out[0]).toContain('values sealed with key "k2"')
    expect(readFileSync(path).toString('latin1')).not.toContain('k1.')
    const after = await runtimeOn(path, withTwo)
    for (const handle of [after.get(id), after.get(second.id)]) expect(await handle?.result()).toEqual(output)
    await after.stop()
  })

  test('a rekey with a key that is missing, or of a damaged file, changes nothing', async () => {
    const { path, id } = await filled('not-rekeyed.db')
    const keys = folder.file('two.json', JSON.stringify({ current: 'k2', keys: { k2: two.toString('base64') } }))
    const before = (await store('export', path)).out
    expect((await store('rekey', path, '--keys', keys)).code).not.toBe(0)
    expect((await store('export', path)).out).toEqual(before)
    expect((await store('rekey', path, '--keys', folder.file('none.json', '{}'))).code).toBe(2)
    const runtime = await runtimeOn(path, withOne)
    expect(await runtime.get(id)?.result()).toEqual(output)
    await runtime.stop()
  })

  test('an export is imported, sealed as it is', async () => {
    const { path, id } = await filled('exported.db')
    const lines = folder.file('sealed.jsonl', (await store('export', path)).out.join('\n'))
    const copy = folder.file('imported.db')
    expect((await store('import', copy, '--from', lines)).code).toBe(0)
    const runtime = await runtimeOn(copy, withOne)
    expect(await runtime.get(id)?.result()).toEqual(output)
    await runtime.stop()
  })

  test('a crash in the middle loses nothing: steps, answers and inputs are opened again', async () => {
    const host = new CrashingHost()
    const options = { tasks: [telling], encryption: withOne }
    const first = await host.boot(options)
    const { id } = await first.runtime.submit(telling, input)
    await first.advance(1)
    await first.run(first.runtime.get(id)?.answer('answer-mark') ?? Promise.reject(new Error('gone')))
    host.crash()
    const second = await host.boot(options)
    expect(await second.run(second.runtime.get(id)?.result() ?? Promise.resolve())).toEqual(output)
    expect(JSON.stringify(host.records())).not.toMatch(/input-mark|result-mark|answer-mark|output-mark|pin-mark/)
  })

  test('what looks like a sealed value is a value like any other', async () => {
    const forged = { $sealed: 'k1.AAAA' }
    const echo = defineTask({ type: 'echo', kind: 'control', input: z.unknown(), run: (_, value) => value })
    for (const encryption of [null, withOne]) {
      const kept = new MemoryStore()
      const options = {
        store: kept,
        tasks: [echo],
        logger: pino({ level: 'silent' }),
        ...(encryption && { encryption }),
      }
      const environment = createVirtualEnvironment()
      const before = await createRuntime({ environment, ...options })
      const { id } = await before.submit(echo, forged)
      await environment.run(before.idle())
      const after = await createRuntime({ environment: createVirtualEnvironment({ startAt: 10 }), ...options })
      expect(await after.get(id)?.result()).toEqual(forged)
    }
  })
})

describe('sealing', () => {
  test('a value opens for its task and field alone, and not if a bit of it was changed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), fc.nat(), (text, task, field, place) => {
        const ring = keyring(withOne)
        const sealed = ring.seal(text.toWellFormed(), task, field)
        expect(ring.open(sealed, task, field)).toBe(text.toWellFormed())
        expect(() => ring.open(sealed, `${task}x`, field)).toThrow(/does not open/)
        expect(() => ring.open(sealed, task, `${field}x`)).toThrow(/does not open/)
        const bytes = Buffer.from(sealed.slice(3), 'base64url')
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ 1
        expect(() => ring.open(`k1.${bytes.toString('base64url')}`, task, field)).toThrow(/does not open/)
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  test('a value cannot be passed for that of another field by a name with a seam in it', () => {
    const ring = keyring(withOne)
    const sealed = ring.seal('x', 'a","b', 'c')
    expect(() => ring.open(sealed, 'a', 'b","c')).toThrow(/does not open/)
  })

  test('a tag that was cut short opens nothing', () => {
    const ring = keyring(withOne)
    const bytes = Buffer.from(ring.seal('', 't', 'f').slice(3), 'base64url')
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => ring.open(`k1.${bytes.subarray(0, length).toString('base64url')}`, 't', 'f')).toThrow(/cut short/)
  })

  test('nonces differ with the text, the task and the field; equal values in one place are equal', () => {
    const ring = keyring(withOne)
    const seen = new Set<string>()
    for (let count = 0; count < 3_000; count += 1) {
      for (const sealed of [
        ring.seal(`${count}`, 't', 'f'),
        ring.seal('x', `${count}`, 'f'),
        ring.seal('x', 't', `${count}`),
      ])
        seen.add(Buffer.from(sealed.slice(3), 'base64url').subarray(0, 12).toString('hex'))
    }
    expect(seen.size).toBe(9_000)
    expect(ring.seal('x', 't', 'f')).toBe(keyring(withOne).seal('x', 't', 'f'))
  })

  test('keys that are none are refused', async () => {
    const bad: readonly EncryptionOptions[] = [
      { current: 'k1', keys: {} },
      { current: 'k1', keys: { k1: new Uint8Array(16) } },
      { current: 'k1', keys: { k1: 'c2hvcnQ=' } },
      { current: 'k 1', keys: { 'k 1': one } },
    ]
    for (const encryption of bad)
      await expect(createRuntime({ encryption })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
