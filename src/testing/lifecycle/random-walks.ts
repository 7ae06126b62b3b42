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
import type { Nothing, WalkOptions, Way } from './walk-by-chance.ts'
import { walkByChance } from './walk-by-chance.ts'
import type { World } from './world.ts'

/** A walk with what drives it. What the model knows is what the followed task knows: it is asked there. */
interface Drive extends Way {
  readonly world: World
  readonly driver: LifeDriver
}

/** A walk of the user's machine. */
interface Ride extends Way {
  readonly world: World
}

/** The user brings fast-check along, for tests; `null`: it is not there. */
async function fastCheck(): Promise<typeof FastCheck | null> {
  try {
    return (await import('fast-check')).default
  } catch {
    return null
  }
}

/** A message to the task, chosen by chance among those that it answers in the state that it is in by then. */
class Message implements AsyncCommand<Nothing, Drive> {
  readonly #choice: number
  readonly #isStale: boolean
  readonly #abilities: Abilities

  constructor(choice: number, isStale: boolean, abilities: Abilities) {
    this.#choice = choice
    this.#isStale = isStale
    this.#abilities = abilities
  }

  check(): boolean {
    return true
  }

  async run(_: Nothing, { world, driver, went }: Drive): Promise<void> {
    if (world.isDone) return
    const moves = this.#movesIn(world)
    // Most of what a state answers changes nothing, or is the end of it: with equal chances walks would get nowhere.
    const onwards = moves.filter(({ event }) => leadsOn(world, event))
    const among = onwards.length > 0 && this.#choice % 3 > 0 ? onwards : moves
    const move = among[Math.floor(this.#choice / 3) % among.length]
    if (!move) return
    went.push(`${move.isStale ? 'a late ' : ''}${move.event.type}`)
    await driver.act(move)
  }

  #movesIn({ root }: World): LifeMove[] {
    const { value, context } = root.model
    const configuration = compiledTask.configurationOf(value)
    return sampleTaskEvents(Math.max(0, context.epoch - (this.#isStale ? 1 : 0)))
      .map((event) => ({ event, isStale: this.#isStale && 'epoch' in event && event.type !== 'lease.granted' }))
      .filter(
        (move) => lackFor(move, this.#abilities) === null && compiledTask.step(configuration, context, move.event),
      )
  }

  toString(): string {
    return `message ${this.#choice}`
  }
}

const ends = ['task.rollingBack', 'task.completed', 'task.failed', 'task.cancelled', 'task.rejected']

/** Whether a message takes the task to another state of its life, and not to its end. */
function leadsOn({ root }: World, event: LifeMove['event']): boolean {
  const { value, context } = root.model
  const entered = compiledTask.step(compiledTask.configurationOf(value), context, event)?.entered ?? []
  return entered.length > 0 && !entered.some((state) => ends.includes(state) || state.endsWith('.stopping'))
}

/** A walk through the life of a task, by chance; a failure is made as small as it can be. */
function lifeWalk(
  fc: typeof FastCheck,
  runner: CaseRunner,
  abilities: Abilities,
  rehearsed: Rehearsed,
  options: WalkOptions,
): LifecycleCase {
  const { facts, life } = rehearsed
  const { runs, length, seed } = options
  // One in four is late: a walk of late messages gets nowhere.
  const message = fc
    .tuple(fc.nat({ max: 10_000 }), fc.nat({ max: 3 }))
    .map(([choice, lateness]) => new Message(choice, lateness === 3, abilities))
  const name = `${runs} random walks of up to ${length} messages through its life (seed ${seed})`
  const run = () =>
    runner.runMany(
      name,
      (next) =>
        walkByChance(fc, message, options, async (went, goOn) => {
          const world = next()
          const driver = new LifeDriver(world, facts, handlerControl(world, rehearsed))
          await driver.open(life.input)
          await goOn({ world, driver, went })
          await driver.finish()
        }),
      runs,
    )
  return { name, run }
}

/** A move of the user's machine, chosen by chance among those that there are by then. */
class Move implements AsyncCommand<Nothing, Ride> {
  readonly #choice: number
  readonly #events: readonly EventObject[]

  constructor(choice: number, events: readonly EventObject[]) {
    this.#choice = choice
    this.#events = events
  }

  check(): boolean {
    return true
  }

  async run(_: Nothing, { world, went }: Ride): Promise<void> {
    if (!isUnderWay(world)) return
    const settles = heldActors(world).flatMap((actor): MachineMove[] => [
      { kind: 'settle', actor, how: 'resolves' },
      { kind: 'settle', actor, how: 'fails' },
    ])
    const sends = this.#events.map((event): MachineMove => ({ kind: 'send', event }))
    const moves: MachineMove[] = [...settles, ...sends, { kind: 'time' }]
    const move = moves[this.#choice % moves.length]
    if (!move) return
    went.push(moveWords(move))
    await perform(world, move)
  }

  toString(): string {
    return `move ${this.#choice}`
  }
}

function machineWalk(
  fc: typeof FastCheck,
  runner: CaseRunner,
  rehearsed: Rehearsed,
  events: readonly EventObject[],
  options: WalkOptions,
): LifecycleCase {
  const { life, autopilot } = rehearsed
  const { runs, length, seed } = options
  const move = fc.nat({ max: 1_000 }).map((choice) => new Move(choice, events))
  const name = `${runs} random walks of up to ${length} moves through its handler (seed ${seed})`
  const run = () =>
    runner.runMany(
      name,
      (next) =>
        walkByChance(fc, move, options, async (went, goOn) => {
          const world = next()
          world.pilot.holdsActors = true
          await world.submit(life.input, noGates)
          await world.until(() => world.isDone || world.handler.place !== null, 'start its machine')
          await goOn({ world, went })
          world.autopilot = autopilot?.pilot() ?? null
          // It may have been led to where no way out is known.
          if (!world.isDone) await world.settle()
          const key = world.handler.place?.key ?? ''
          if (!world.isDone && isUnderWay(world) && autopilot?.knows(key) !== true)
            void world.handle.cancel('the path is at its end')
          await world.until(() => world.isDone, 'its end')
          await world.end()
        }),
      runs,
    )
  return { name, run }
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
