// Two agents, a person and a policy: who may do what, and the record of it.
// Run it: node --conditions=source examples/two-agents/main.ts [store]
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { PolicyRule, Principal } from 'taskwright'
import { caslPolicy, createRuntime, defineTask, ForbiddenError, secret } from 'taskwright'
import { z } from 'zod'

const research = defineTask({
  type: 'research',
  kind: 'analysis',
  input: z.object({ topic: z.string() }),
  run: async (task, { topic }) => task.step('read', () => `what is known of ${topic}`),
})

const publish = defineTask({
  type: 'publish',
  kind: 'integration',
  input: z.object({ text: z.string(), apiKey: secret() }),
  run: (task, { text, apiKey }) => {
    task.log.info(`publishing with ${apiKey}`)
    return `published: ${text}`
  },
})

/** A task that does more than its principal may: what it submits is held to the same rules. */
const campaign = defineTask({
  type: 'campaign',
  kind: 'control',
  input: z.object({ topic: z.string() }),
  demand: {},
  async run(task, { topic }) {
    const text = await (await task.submit(research, { topic })).result()
    return (await task.submit(publish, { text: String(text), apiKey: 'stolen-key' })).result()
  },
})

function rulesOf({ id, kind }: Principal): PolicyRule[] {
  if (kind === 'person') return [{ name: 'people may do everything', action: 'manage', subject: 'all' }]
  const own = { principal: id }
  return [
    { name: 'agents do their own work', action: ['submit', 'read', 'cancel'], subject: 'task', conditions: own },
    {
      name: 'only the editor publishes',
      action: 'submit',
      subject: 'task',
      conditions: { type: 'publish' },
      inverted: id !== 'editor',
    },
  ]
}

const [store = 'two-agents.db'] = process.argv.slice(2)
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const runtime = await createRuntime({
  store: `file:${store}`,
  tasks: [research, publish, campaign],
  policy: caslPolicy(rulesOf, 'newsroom 1'),
  quotas: ({ kind }) => (kind === 'agent' ? { queued: 10, running: 2, submissions: { rate: 5, per: 'minute' } } : {}),
  // The file has no input, output or answer that can be read without this key.
  encryption: { current: '2026', keys: { '2026': randomBytes(32) } },
  // Checkpoints go where whoever may write the store may not.
  audit: { key: privateKey, onCheckpoint: (note) => writeFileSync(`${store}.checkpoint`, note) },
})
writeFileSync(`${store}.pem`, publicKey.export({ format: 'pem', type: 'spki' }))

const scout = runtime.as('scout')
const editor = runtime.as('editor')
const olga = runtime.as({ id: 'olga', kind: 'person' })

olga.on('task.log', ({ message }) => console.log(`log: ${message}`))

const found = await scout.submit(research, { topic: 'tides' })
console.log(`scout: ${await found.result()}`)
const printed = await editor.submit(publish, { text: 'Tides', apiKey: 'editors-key' })
console.log(`editor: ${await printed.result()}`)

const refused = (thrown: unknown) => (thrown instanceof ForbiddenError ? `refused by "${thrown.rule}"` : String(thrown))
console.log(`scout publishes: ${await scout.submit(publish, { text: 'x', apiKey: 'x' }).catch(refused)}`)
const trick = await scout.submit(campaign, { topic: 'moon' })
const outcome = await trick.outcome()
console.log(`scout's campaign: ${outcome.status === 'failed' ? outcome.failure.message : outcome.status}`)
console.log(`scout sees ${scout.list().length} tasks, editor ${editor.list().length}, olga ${olga.list().length}`)
console.log(
  `scout looks at the editor's task: ${scout.get(printed.id) === undefined ? 'there is none' : 'it is there'}`,
)

await runtime.stop()
console.log(`npx taskwright audit verify ${store} --checkpoint ${store}.checkpoint --key ${store}.pem`)
