import type FastCheck from 'fast-check'
import type { AsyncCommand } from 'fast-check'
import type { EventObject } from 'xstate'
import { compiledTask } from '../../machines/task-engine.ts'
import type { CaseRunner, LifecycleCase } from './case-runner.ts'
import { handlerControl } from './handler-control.ts'
import { LifeDriver } from './life-driver.ts'
import { sampleTaskEvents } from './life-messages.ts'
import type { Abilities, LifeMove } from './life-walks.ts'
import { lackFor } from './life-walks.ts'
import { namedEvents } from './machine-chart.ts'
import type { MachineMove } from './machine-moves.ts'
import { heldActors, isUnderWay, moveWords, perform } from './machine-moves.ts'
import { noGates } from './piloted-definition.ts'
import type { Rehearsed } from './plain-life.ts'
import { machineOf } from './plain-life.ts'
import type { World } from './world.ts'

/** How many random walks, and how long each may be. */
export interface WalkOptions {
  readonly runs: number
  readonly length: number
  readonly seed: number
}

/** A walk with what drives it. What the model knows is what the followed task knows: it is asked there. */
interface Drive {
  readonly world: World
  readonly driver: LifeDriver
}

type Nothing = Record<string, never>

/** The user brings fast-check along, for tests; `null`: it is not there. */
async function fastCheck(): Promise<typeof FastCheck | null> {
  try {
    return (await import('fast-check')).default
  } catch {
    return null
  }
}

/** A message to the task, as it comes about in the state that it is in by then. */
class Message implements AsyncCommand<Nothing, Drive> {
  readonly #index: number
  readonly #isStale: boolean
  readonly #abilities: Abilities

  constructor(index: number, isStale: boolean, abilities: Abilities) {
    this.#index = index
    this.#isStale = isStale
    this.#abilities = abilities
  }

  check(): boolean {
    return true
  }

  async run(_: Nothing, { world, driver }: Drive): Promise<void> {
    if (world.isDone) return
    const { value, context } = world.root.model
    const event = sampleTaskEvents(Math.max(0, context.epoch - (this.#isStale ? 1 : 0)))[this.#index]
    if (!event) return
    const move: LifeMove = { event, isStale: this.#isStale && 'epoch' in event && event.type !== 'lease.granted' }
    if (lackFor(move, this.#abilities) !== null) return
    if (!compiledTask.step(compiledTask.configurationOf(value), context, event)) return
    await driver.act(move)
  }

  toString(): string {
    return `${this.#isStale ? 'late ' : ''}${sampleTaskEvents(0)[this.#index]?.type}`
  }
}

/** A walk through the life of a task, by chance; a failure is made as small as it can be. */
function lifeWalk(
  fc: typeof FastCheck,
  runner: CaseRunner,
  abilities: Abilities,
  rehearsed: Rehearsed,
  { runs, length, seed }: WalkOptions,
): LifecycleCase {
  const { facts, life } = rehearsed
  const most = sampleTaskEvents(0).length - 1
  const message = fc
    .tuple(fc.nat({ max: most }), fc.boolean())
    .map(([index, isStale]) => new Message(index, isStale, abilities))
  const run = () =>
    runner.runMany(async (next) => {
      const walk = fc.asyncProperty(fc.commands([message], { maxCommands: length }), async (commands) => {
        const world = next()
        const driver = new LifeDriver(world, facts, handlerControl(world, rehearsed))
        await driver.open(life.input)
        await fc.asyncModelRun(() => ({ model: {}, real: { world, driver } }), commands)
        await driver.finish()
      })
      await fc.assert(walk, { numRuns: runs, seed })
    }, runs)
  return { name: `${runs} random walks of up to ${length} messages through its life (seed ${seed})`, run }
}

/** A move of the user's machine, chosen by chance among those that there are by then. */
class Move implements AsyncCommand<Nothing, World> {
  readonly #choice: number
  readonly #events: readonly EventObject[]
  #made: MachineMove | null = null

  constructor(choice: number, events: readonly EventObject[]) {
    this.#choice = choice
    this.#events = events
  }

  check(): boolean {
    return true
  }

  async run(_: Nothing, world: World): Promise<void> {
    if (!isUnderWay(world)) return
    const settles = heldActors(world).flatMap((actor): MachineMove[] => [
      { kind: 'settle', actor, how: 'resolves' },
      { kind: 'settle', actor, how: 'fails' },
    ])
    const sends = this.#events.map((event): MachineMove => ({ kind: 'send', event }))
    const moves: MachineMove[] = [...settles, ...sends, { kind: 'time' }]
    this.#made = moves[this.#choice % moves.length] ?? null
    if (this.#made) await perform(world, this.#made)
  }

  toString(): string {
    return this.#made ? moveWords(this.#made) : 'nothing'
  }
}

function machineWalk(
  fc: typeof FastCheck,
  runner: CaseRunner,
  rehearsed: Rehearsed,
  events: readonly EventObject[],
  { runs, length, seed }: WalkOptions,
): LifecycleCase {
  const { life, autopilot } = rehearsed
  const run = () =>
    runner.runMany(async (next) => {
      const move = fc.nat({ max: 1_000 }).map((choice) => new Move(choice, events))
      const walk = fc.asyncProperty(fc.commands([move], { maxCommands: length }), async (commands) => {
        const world = next()
        world.pilot.holdsActors = true
        await world.submit(life.input, noGates)
        await world.until(() => world.isDone || world.handler.place !== null, 'start its machine')
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands)
        world.autopilot = autopilot?.pilot() ?? null
        // It may have been led to where no way out is known.
        if (!world.isDone) await world.settle()
        const key = world.handler.place?.key ?? ''
        if (!world.isDone && isUnderWay(world) && autopilot?.knows(key) !== true)
          void world.handle.cancel('the path is at its end')
        await world.until(() => world.isDone, 'its end')
        await world.end()
      })
      await fc.assert(walk, { numRuns: runs, seed })
    }, runs)
  return { name: `${runs} random walks of up to ${length} moves through its handler (seed ${seed})`, run }
}

/** Walks by chance, for depth: none if fast-check is not installed. */
export async function randomWalks(
  runner: CaseRunner,
  abilities: Abilities,
  rehearsed: Rehearsed,
  events: readonly EventObject[],
  options: WalkOptions,
): Promise<LifecycleCase[] | null> {
  const fc = options.runs > 0 ? await fastCheck() : null
  if (!fc) return options.runs > 0 ? null : []
  const walks = [lifeWalk(fc, runner, abilities, rehearsed, options)]
  const machine = machineOf(rehearsed.surroundings.subject)
  const { graph } = rehearsed
  if (!machine || !graph) return walks
  const bare = namedEvents(machine)
    .filter((type) => !graph.broken.has(type) && !events.some((event) => event.type === type))
    .map((type) => ({ type }))
  return [...walks, machineWalk(fc, runner, rehearsed, [...events, ...bare], options)]
}
