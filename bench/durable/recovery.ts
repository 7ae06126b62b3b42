/**
 * How long a runtime takes to take up 100,000 waiting tasks from its file.
 *
 *   node --conditions=source bench/durable/recovery.ts [TASKS]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, defineTask } from 'taskwright'
import { z } from 'zod'

const tasks = Number(process.argv[2] ?? 100_000)
const rounds = 3

const noop = defineTask({ type: 'noop', kind: 'processing', input: z.number(), run: () => undefined })
const folder = await mkdtemp(join(tmpdir(), 'taskwright-recovery-'))
const options = { tasks: [noop], store: `file:${join(folder, 'tasks.db')}`, queueLimit: tasks } as const

try {
  const first = await createRuntime(options)
  await Promise.all(Array.from({ length: tasks }, (_, number) => first.submit(noop, number, { delay: '1d' })))
  await first.stop()
  const seconds: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const beganAt = performance.now()
    const runtime = await createRuntime(options)
    seconds.push((performance.now() - beganAt) / 1_000)
    const { waiting } = runtime.stats().byStage
    if (waiting !== tasks) throw new Error(`${waiting} of ${tasks} tasks came back`)
    await runtime.stop()
  }
  seconds.sort((a, b) => a - b)
  console.log(`${tasks} waiting tasks are taken up in ${seconds[1]?.toFixed(2)} s (median of ${rounds})`)
} finally {
  await rm(folder, { recursive: true })
}
