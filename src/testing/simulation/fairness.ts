import { pino } from 'pino'
import { z } from 'zod'
import { createRuntime } from '../../runtime/create-runtime.ts'
import { defineTask } from '../../runtime/define-task.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { createVirtualEnvironment } from '../../runtime/virtual-environment.ts'

/** How far a principal's share may be off, of what its weight says. */
const tolerance = 0.1

const tasksOfEach = 120

/** Two principals that always have something waiting: each gets its share of the slots, by weight (R6). */
export async function fairness(seed: number): Promise<string[]> {
  const random = seededRandom(seed)
  const environment = createVirtualEnvironment({ seed })
  const weight = 1 + Math.floor(random.next() * 3)
  const slots = 3 + Math.floor(random.next() * 6)
  const runtime = await createRuntime({
    environment,
    pools: { default: { slots } },
    logger: pino({ level: 'silent' }),
  })
  const served = new Map([
    ['ada', 0],
    ['bob', 0],
  ])
  const left = new Map([
    ['ada', tasksOfEach],
    ['bob', tasksOfEach],
  ])
  let bothWait = true
  const work = defineTask({
    type: 'work',
    kind: 'processing',
    input: z.object({ ms: z.number() }),
    run: async (task, { ms }) => {
      const { id } = task.principal
      left.set(id, (left.get(id) ?? 0) - 1)
      if (left.get(id) === 0) bothWait = false
      const counts = bothWait
      await task.sleep(ms)
      if (counts) served.set(id, (served.get(id) ?? 0) + ms)
    },
  })
  for (let number = 0; number < tasksOfEach; number += 1) {
    for (const [id, w] of [
      ['ada', weight],
      ['bob', 1],
    ] as const) {
      const ms = 50 + Math.floor(random.next() * 100)
      await runtime.submit(work, { ms }, { principal: { id, weight: w } })
    }
  }
  await environment.run(runtime.idle())
  await environment.run(runtime.stop())
  const [ada, bob] = [served.get('ada') ?? 0, served.get('bob') ?? 0]
  const share = ada / (ada + bob)
  const due = weight / (weight + 1)
  if (Math.abs(share - due) <= tolerance * due) return []
  return [`R6: weight ${weight} against 1 got ${share.toFixed(3)} of the slots instead of ${due.toFixed(3)}`]
}
