import { appendFileSync, closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createRuntime, defineTask, handlerFile, scriptHandler } from 'taskwright'
import { z } from 'zod'
import type { Target } from './attacks.ts'
import { attacks } from './attacks.ts'
import { attacker } from './handlers.ts'
import type { AttackedLevel } from './levels.ts'

// A host that is attacked: runs the attacks that it is given, and writes down each one's outcome while it can.

interface Order {
  level: AttackedLevel
  names: string[]
  results: string
  folder: string
  bubblewrap: string | null
}

const order: Order = JSON.parse(process.argv[2] ?? '{}')
const { level, names, results, folder, bubblewrap } = order
const canary = process.env['CANARY'] ?? ''
/** Longer without a turn of the event loop, and the host counts as held up. */
const longestPauseMs = 2_000
const limits = { memoryMb: 64, cpu: 4_000, messages: 20_000 }
const timing = { timeout: 1_200, grace: 150 }

const input = z.object({ name: z.string(), target: z.custom<Target>() })
const isScript = level === 'wasm'
const isInline = level === 'inline'

/** @returns what the attack runs as at this level */
function definitionOf(name: string) {
  const shared = { type: name, kind: 'processing' as const, input, output: z.unknown(), ...timing }
  const isolated = { ...shared, can: { read: [folder] }, sandbox: limits }
  if (isInline)
    return defineTask({
      ...shared,
      run: (task, given) => Promise.resolve(Reflect.apply(attacker, undefined, [task, given])),
    })
  if (!isScript)
    return defineTask({
      ...isolated,
      isolation: level === 'thread' ? 'thread' : 'process',
      run: handlerFile(new URL('./handlers.ts', import.meta.url), 'attacker'),
    })
  const code = attacks.find((attack) => attack.name === name)?.attack.toString() ?? ''
  return defineTask({
    ...isolated,
    run: scriptHandler(`const attack = ${code}\nexport default (task, { target }) => attack(task, target)`),
  })
}

function note(name: string, breach: string | null, how: string): void {
  appendFileSync(results, `${JSON.stringify({ name, breach, how })}\n`)
}

const server = createServer((socket) => socket.destroy())
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const target: Target = {
  hostPid: process.pid,
  canary,
  port: typeof address === 'object' && address ? address.port : 0,
  folder,
}
const runtime = await createRuntime({
  isolation: {
    process: bubblewrap === null ? { bubblewrap: '/nowhere/bwrap', without: ['bubblewrap'] } : { bubblewrap },
  },
})
const innocent = defineTask({ type: 'innocent', kind: 'processing', input: z.null(), run: () => 'well' })
const pauses = monitorEventLoopDelay({ resolution: 20 })

/** @returns what is wrong with the host, or `null` */
async function harm(): Promise<string | null> {
  if (Reflect.get({}, 'polluted') !== undefined) return 'it polluted a prototype of the host'
  closeSync(openSync('/dev/null', 'r'))
  if ((await (await runtime.submit(innocent, null)).result()) !== 'well') return 'another task was harmed'
  if (pauses.max > longestPauseMs * 1e6) return `it held the host up for ${Math.round(pauses.max / 1e6)} ms`
  return null
}

async function attack(name: string): Promise<void> {
  const handle = await runtime.submit(definitionOf(name), { name, target })
  const outcome = await handle.outcome()
  const output: unknown = outcome.status === 'completed' ? outcome.output : null
  const got = typeof output === 'string' && output.startsWith('breached') ? output : null
  const how = 'failure' in outcome ? outcome.failure.code : 'nothing was got'
  const breach = got ?? (await harm().catch((thrown: unknown) => `the host is harmed: ${String(thrown)}`))
  note(name, breach, how)
  // What was breached is no host for the next attack.
  if (breach !== null) process.exit(1)
}

pauses.enable()
const ticking = setInterval(() => appendFileSync(results, '.\n'), 100)
appendFileSync(results, 'ready\n')
const together = level === 'inline' || level === 'thread' ? 1 : 3
const waiting = [...names]
await Promise.all(
  Array.from({ length: together }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      appendFileSync(results, `begun ${name}\n`)
      await attack(name)
    }
  }),
)
await runtime.stop()
clearInterval(ticking)
server.close()
process.exit(0)
