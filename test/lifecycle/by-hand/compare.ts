import { readFileSync } from 'node:fs'
import type { TaskDefinition } from 'taskwright'
import type { LifecycleOptions } from 'taskwright/testing'
import { lifecycleCases } from 'taskwright/testing'
import type { AnyActorRef, AnyStateMachine } from 'xstate'
import { mediaScanner, lifecycle as scanning } from '../../../examples/lifecycle/media-scanner.ts'
import { checkout, lifecycle as paying } from '../../../examples/lifecycle/payment.ts'
import { lifecycle as ordering, purchaseOrder } from '../../../examples/lifecycle/purchase-order.ts'
import { machineTransitions, transitionsFrom } from '../../../src/testing/lifecycle/machine-chart.ts'
import { machineOf } from '../../../src/testing/lifecycle/plain-life.ts'
import { within } from '../../../src/testing/lifecycle/real-time.ts'
import { machineFaults } from '../../../src/testing/mutation/handler-faults.ts'
import { Judge } from '../../../src/testing/mutation/judge.ts'
import { walkByHand as scanByHand } from './media-scanner.ts'
import { walkByHand as payByHand } from './payment.ts'
import { walkByHand as orderByHand } from './purchase-order.ts'

/** Compares the kit with `createTestModel` by hand, on the same charts and the same faults in them. Prints a table. */
interface Chart {
  readonly file: string
  readonly definition: TaskDefinition
  readonly options: LifecycleOptions
  walkByHand(machine: AnyStateMachine, watch: (actor: AnyActorRef) => void): Promise<void>
}

const charts: readonly Chart[] = [
  { file: 'payment', definition: checkout, options: paying.checkout, walkByHand: payByHand },
  { file: 'purchase-order', definition: purchaseOrder, options: ordering.purchaseOrder, walkByHand: orderByHand },
  { file: 'media-scanner', definition: mediaScanner, options: scanning.mediaScanner, walkByHand: scanByHand },
]

const limitMs = 5_000

/** Lines with something on them that is no comment. */
function linesOf(path: string, from = ''): number {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const lines = text.slice(text.indexOf(from)).split('\n')
  return lines.filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line)).length
}

async function byHand({ definition, walkByHand }: Chart) {
  const machine = machineOf(definition)
  if (!machine) throw new Error('its handler is no machine')
  const taken = new Set<string>()
  await walkByHand(machine, (actor) => {
    actor.system.inspect((inspected) => {
      if (inspected.type !== '@xstate.microstep') return
      for (const transition of inspected._transitions) {
        const own = transitionsFrom(transition.source).find(({ definition: known }) => known === transition)
        if (own) taken.add(own.id)
      }
    })
  })
  let killed = 0
  let planted = 0
  for (const mutant of machineFaults(definition)) {
    const broken = mutant.make().definition
    const other = broken && machineOf(broken)
    if (!other) continue
    planted += 1
    const walk = walkByHand(other, () => undefined)
    await within(limitMs, walk, () => new Error('late')).catch(() => {
      killed += 1
    })
  }
  return { taken: taken.size, declared: machineTransitions(machine).length, killed, planted }
}

async function byKit({ definition, options }: Chart) {
  const judge = await Judge.of(await lifecycleCases(definition, options))
  let killed = 0
  let planted = 0
  for (const mutant of machineFaults(definition)) {
    const { form } = await judge.judge(mutant)
    if (form === 'stillborn' || form === 'equivalent') continue
    planted += 1
    if (form === 'killed') killed += 1
  }
  const suite = await lifecycleCases(definition, options)
  for (const { run } of suite) await run()
  const ofMachine = suite.coverage().transitions.filter(({ chart }) => chart === 'handler')
  return { taken: ofMachine.filter(({ hits }) => hits > 0).length, declared: ofMachine.length, killed, planted }
}

console.log('| chart | | lines written | transitions taken | planted faults found |\n| --- | --- | --- | --- | --- |')
// A fault may break a promise that nobody awaits by hand.
process.on('unhandledRejection', () => undefined)
for (const chart of charts) {
  const row = (name: string, lines: number, { taken, declared, killed, planted }: Awaited<ReturnType<typeof byHand>>) =>
    console.log(`| ${chart.file} | ${name} | ${lines} | ${taken} of ${declared} | ${killed} of ${planted} |`)
  row('by hand', linesOf(`./${chart.file}.ts`), await byHand(chart))
  // The samples, and the call of describeLifecycle with its imports.
  const callLines = 3
  const samples = linesOf(`../../../examples/lifecycle/${chart.file}.ts`, 'export const lifecycle')
  row('with the kit', samples + callLines, await byKit(chart))
}
