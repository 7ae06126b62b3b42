import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { TaskHandle } from 'taskwright'
import { createRuntime, createVirtualEnvironment } from 'taskwright'
import { EffectsFile } from './effects-file.ts'
import { loadOf } from './load.ts'
import type { Said } from './said.ts'

// A process that works until it is killed; with `--drain` it takes nothing new and ends when all has ended.
const { values } = parseArgs({
  options: {
    store: { type: 'string', default: '' },
    effects: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    drain: { type: 'boolean', default: false },
  },
})

/** In the pipe when it returns: what was said before a kill is heard after it. */
function say(what: Said): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}

function watch(handle: TaskHandle): void {
  void handle.outcome().then((outcome) => {
    const { status, attempts } = outcome
    say({ type: 'ended', id: handle.id, status, attempts, code: 'failure' in outcome ? outcome.failure.code : null })
  })
}

const tasks = loadOf(new EffectsFile(values.effects))
const random = createVirtualEnvironment({ seed: Number(values.seed) }).random
say({ type: 'started' })
const runtime = await createRuntime({
  store: `file:${values.store}`,
  tasks,
  pools: { default: { slots: 8 } },
  retain: 1_000_000,
})
say({ type: 'recovered' })
for (const { id, outcome } of runtime.list()) {
  const handle = outcome === null ? runtime.get(id) : undefined
  if (handle) watch(handle)
}

async function submitOne(): Promise<void> {
  const definition = tasks[Math.floor(random.next() * tasks.length)]
  if (!definition) return
  const handle = await runtime.submit(definition, Math.floor(random.next() * 1_000))
  say({ type: 'accepted', id: handle.id })
  watch(handle)
}

if (values.drain) {
  await runtime.idle()
  await runtime.stop()
  say({ type: 'drained' })
} else {
  for (;;) {
    const unfinished = runtime.list({ stage: ['queued', 'executing', 'retrying'] }).length
    if (unfinished < 40) await Promise.all(Array.from({ length: 8 }, submitOne))
    await sleep(1)
  }
}
