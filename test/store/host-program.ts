import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import type { Runtime } from 'taskwright'
import { createRuntime, TaskwrightError } from 'taskwright'
import { z } from 'zod'
import type { Said } from './host-protocol.ts'
import { orderSchema } from './host-protocol.ts'
import { tasks } from './host-tasks.ts'

// A host with a file store, which does what it is told on its standard input until that ends.
const { values } = parseArgs({ options: { store: { type: 'string', default: '' } } })

/** In the pipe when it returns: what was said before a kill is heard after it. */
function say(what: Said): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}

function codeOf(thrown: unknown): string {
  return thrown instanceof TaskwrightError ? thrown.code : 'NO_CODE'
}

function refused(thrown: unknown, number: number): void {
  say({ type: 'refused', number, code: codeOf(thrown), message: String(thrown) })
}

process.on('unhandledRejection', (thrown) => say({ type: 'unhandled', message: String(thrown) }))

async function submit(runtime: Runtime, number: number, size: number): Promise<void> {
  try {
    const handle = await runtime.submit('echo', { number, text: 'x'.repeat(size) })
    say({ type: 'accepted', number, id: handle.id })
    const { status } = await handle.outcome()
    say({ type: 'ended', number, id: handle.id, status })
  } catch (thrown) {
    refused(thrown, number)
  }
}

async function obey(runtime: Runtime, line: string): Promise<void> {
  const order = orderSchema.parse(JSON.parse(line))
  if (order.do === 'submit') return submit(runtime, order.number, order.size)
  try {
    await runtime.stop({ grace: order.graceMs })
    say({ type: 'stopped', code: null })
  } catch (thrown) {
    say({ type: 'stopped', code: codeOf(thrown) })
  }
}

try {
  const runtime = await createRuntime({
    store: z.templateLiteral(['file:', z.string()]).parse(`file:${values.store}`),
    tasks,
    logger: pino({ level: 'silent' }),
  })
  runtime.on('supervisor.state', ({ state }) => say({ type: 'state', state }))
  runtime.on('alert', ({ code, message }) => say({ type: 'alert', code, message }))
  const known = runtime.list().map(({ id, stage }) => ({ id, stage }))
  say({ type: 'opened', known })
  createInterface({ input: process.stdin }).on('line', (line) => void obey(runtime, line))
} catch (thrown) {
  say({ type: 'unopened', code: codeOf(thrown), message: String(thrown) })
}
