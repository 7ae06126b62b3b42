import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { exportJWK } from 'jose'
import { pino } from 'pino'
import type { JournalRecord } from 'taskwright'
import {
  createRuntime,
  createVirtualEnvironment,
  defineTask,
  issueToken,
  MemoryStore,
  RefusedError,
  StoreError,
} from 'taskwright'
import { z } from 'zod'
import { problemsOfProof, proofOf } from '../../src/cli/audit/proof.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { parsePsplib } from '../../src/cli/psplib.ts'
import { assertReadable, LineReader } from '../../src/cli/store/import-lines.ts'
import { parseWorkflow } from '../../src/cli/wfformat.ts'
import { problemsOfLine } from '../../src/model/journal-record-schema.ts'
import { AuditChain } from '../../src/security/audit/audit-chain.ts'
import { isSignedBy, readCheckpoint } from '../../src/security/audit/checkpoint.ts'
import { LogVerifier } from '../../src/security/audit/verify-log.ts'
import { encryptionSchema, Keyring } from '../../src/security/keyring.ts'
import { Redactor } from '../../src/security/redactor.ts'
import { proveToken } from '../../src/security/tokens.ts'
import { lineOf, recordOf } from '../../src/store/record-line.ts'
import { decodeValue, encodeValue } from '../../src/store/value-codec.ts'
import { apiTarget } from './api-target.ts'

/** Something that reads what comes from outside. */
export interface FuzzTarget {
  readonly name: string
  /** Good input, to be changed. */
  readonly seeds: () => Promise<readonly string[]>
  /** Reads it. @throws what is not a refusal of the reader's own, or breaks what the reader promises */
  read(text: string): unknown
}

/** Rethrows what is not a refusal. */
function refusing(read: () => unknown, isRefusal: (thrown: unknown) => boolean): void {
  try {
    read()
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown
  }
}

function data(path: string): string {
  return readFileSync(new URL(`../../examples/data/${path}`, import.meta.url), 'utf8')
}

const smallWorkflow = JSON.stringify({
  name: 'small',
  schemaVersion: '1.5',
  workflow: {
    specification: {
      tasks: [
        { id: 'a', parents: [], children: ['b', 'c'] },
        { id: 'b', parents: ['a'], children: [] },
        { id: 'c', parents: ['a'], children: [] },
      ],
    },
    execution: {
      tasks: [
        { id: 'a', runtimeInSeconds: 1.5, coreCount: 2, avgCPU: 80, memoryInBytes: 1_000 },
        { id: 'b', runtimeInSeconds: 0 },
        { id: 'c', runtimeInSeconds: 3 },
      ],
      machines: [{ cpu: { coreCount: 8 }, memoryInBytes: 1e9 }],
    },
  },
})

const isCommandError = (thrown: unknown) => thrown instanceof CommandError

const keys = generateKeyPairSync('ed25519')

const work = defineTask({
  type: 'work',
  kind: 'control',
  input: z.unknown(),
  demand: { slots: 1, usd: 1 },
  retry: { attempts: 2, backoff: 10 },
  async run(task, input) {
    const first = await task.step('first', () => new Map([['x', 1n]]), { undo: () => undefined })
    const answer = await task.ask(z.string(), 'go on?', { timeout: 50, default: 'yes' })
    task.used({ usd: 0.5 })
    if (task.attempt === 1 && input === 'fail') throw new Error('once')
    return { first, answer, at: new Date(5) }
  },
  rollback: () => undefined,
})

const silent = pino({ level: 'silent' })

const pools = { default: { slots: 2 }, money: { usd: { budget: 50 } } }

/** The journal of a short life: tasks that end in each way, and some that have not ended. */
async function journal(): Promise<string> {
  const environment = createVirtualEnvironment()
  const store = new MemoryStore()
  const runtime = await createRuntime({ environment, store, tasks: [work], pools, logger: silent, audit: true })
  for (const input of ['one', 'fail', { deep: [1, null] }]) {
    const handle = await runtime.as({ id: 'ada', tenant: 'acme' }).submit(work, input, { labels: { a: 'b' } })
    if (input === 'one') await environment.run(handle.cancel())
  }
  await environment.clock.advance(40)
  const lines: string[] = []
  for await (const batch of store.load()) lines.push(...batch.map(lineOf))
  return lines.join('\n')
}

/** A line that an import would take, whatever stands around it. */
function importable(line: string): JournalRecord | null {
  try {
    if (problemsOfLine(JSON.parse(line)).length > 0) return null
    const record = recordOf(line)
    assertReadable(record)
    return record
  } catch (thrown) {
    if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown
    return null
  }
}

/** What is imported, a runtime must be able to take up, whatever it says. */
async function takeUp(text: string): Promise<void> {
  const reader = new LineReader()
  for (const line of text.split('\n')) reader.take(Buffer.from(line))
  const store = new MemoryStore()
  let seq = 0
  for (const line of text.split('\n')) {
    const record = importable(line)
    if (!record || record.event.seq <= seq) continue
    seq = record.event.seq
    store.append(record)
  }
  const environment = createVirtualEnvironment({ startAt: 1_000 })
  const runtime = await createRuntime({ environment, store, tasks: [work], pools, logger: silent }).catch(
    (thrown: unknown) => {
      if (thrown instanceof StoreError) return null
      throw thrown
    },
  )
  if (!runtime) return
  JSON.stringify([runtime.list(), runtime.stats(), runtime.questions()])
  await environment.clock.advance(500)
  await environment.run(runtime.stop({ grace: 10, unfinished: 'keep' }))
}

async function auditLog(): Promise<string> {
  const chain = new AuditChain()
  const lines = Array.from({ length: 8 }, (_, at) => {
    const by = { id: 'ada', kind: 'agent' } as const
    return chain.append({ at, by, action: 'submit', on: { kind: 'task', id: `t${at}` }, outcome: 'allowed' }).line
  })
  const { note } = chain.checkpoint('test', keys.privateKey)
  return [...lines, JSON.stringify({ checkpoint: note }), JSON.stringify(proofOf(lines, [3], note))].join('\n')
}

const tokenOptions = { issuer: 'i', audience: 'a' }

const redactor = new Redactor({ values: ['the-known-secret'] })

export const targets: readonly FuzzTarget[] = [
  {
    name: 'workflow',
    seeds: async () => [smallWorkflow, data('wfinstances/pegasus/srasearch/srasearch-chameleon-10a-003.json')],
    read: (text) => refusing(() => parseWorkflow(text, 'fuzzed'), isCommandError),
  },
  {
    name: 'project',
    seeds: async () => [data('rcpsp/urgent-last.sm'), data('rcpsp/four-resources.sm')],
    read: (text) => refusing(() => parsePsplib(text, 'fuzzed'), isCommandError),
  },
  apiTarget,
  { name: 'journal', seeds: async () => [await journal()], read: takeUp },
  {
    name: 'values',
    seeds: async () =>
      [new Map([['a', new Set([1n, undefined])]]), new Date(5), { $devalue: '[1]' }, [1, { a: -0 }]].map((value) =>
        JSON.stringify(encodeValue(value)),
      ),
    read: (text) => {
      let stored: unknown
      try {
        stored = JSON.parse(text)
      } catch {
        return
      }
      try {
        encodeValue(decodeValue(stored))
      } catch (thrown) {
        if (!(thrown instanceof Error)) throw thrown
      }
      if (Reflect.get({}, 'polluted') !== undefined) throw new Error('a prototype was polluted')
    },
  },
  {
    name: 'audit',
    seeds: async () => [await auditLog()],
    read: (text) => {
      const verifier = new LogVerifier(keys.publicKey)
      for (const line of text.split('\n')) {
        if (line.startsWith('{"checkpoint":')) {
          const [, note = ''] = /"checkpoint":"(.*)"/.exec(line) ?? []
          verifier.expect(note.replaceAll('\\n', '\n'), 'fuzzed')
          readCheckpoint(note)
          isSignedBy(note, keys.publicKey)
        } else verifier.take(line, null)
        problemsOfProof(line, null, keys.publicKey)
      }
      verifier.verdict()
    },
  },
  {
    name: 'token',
    seeds: async () => [
      await issueToken({
        principal: { id: 'ada', kind: 'agent', weight: 1 },
        ...tokenOptions,
        key: keys.privateKey,
        issuedAt: 0,
        expiresAt: 1e12,
      }),
    ],
    read: async (text) => {
      const jwks = { keys: [await exportJWK(keys.publicKey)] }
      try {
        const { principal } = await proveToken(text, { ...tokenOptions, keys: jwks }, 1_000)
        if (principal.id !== 'ada') throw new Error(`a forged token proves ${principal.id}`)
      } catch (thrown) {
        if (!(thrown instanceof RefusedError)) throw thrown
      }
    },
  },
  {
    name: 'sealed',
    seeds: async () => {
      const ring = new Keyring(encryptionSchema.parse({ current: 'k', keys: { k: new Uint8Array(32) } }))
      return [ring.seal('{"a":1}', 't', 'f'), ring.seal('', 't', 'f')]
    },
    read: (text) => {
      const ring = new Keyring(encryptionSchema.parse({ current: 'k', keys: { k: new Uint8Array(32) } }))
      refusing(
        () => {
          const opened = ring.open(text, 't', 'f')
          if (opened !== '{"a":1}' && opened !== '') throw new Error(`a forged value opens: ${opened}`)
        },
        (thrown) => thrown instanceof StoreError,
      )
    },
  },
  {
    name: 'redaction',
    seeds: async () => [
      'password=hunter22 and {"token":"abc","list":["--secret","x"]} at https://u:p@h/?api_key=1',
      'Authorization: Bearer abc.def\r\nCookie: a=b; c=d\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
      'the-known-secret in "{\\"password\\":\\"the-known-secret\\"}"',
    ],
    read: (text) => {
      const clean = redactor.text(text)
      if (clean.includes('the-known-secret')) throw new Error('a known secret is left')
      JSON.stringify(redactor.data({ text, [text]: [text] }))
    },
  },
]
