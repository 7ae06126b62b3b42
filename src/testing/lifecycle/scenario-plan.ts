import type { Autopilot } from './autopilot.ts'
import type { FaultName, Plant } from './faults.ts'
import type { Abilities } from './life-walks.ts'
import type { MachineGraph } from './machine-graph.ts'
import type { PointKind, Visit } from './pilot.ts'
import type { Scenario, Stop } from './scenario.ts'

/** A scenario before it was rehearsed. */
export interface Planned {
  readonly fault: FaultName | null
  /** Where it strikes; empty for what strikes nowhere in particular. */
  readonly point: string
  /** Ends the name of the path. */
  readonly words: string
  readonly scenario: Scenario
}

/** A pair of a point and a fault that is not walked, and why. */
export interface LeftOut {
  readonly point: string
  readonly fault: FaultName
  readonly why: string
}

/** What a plain life of the definition has shown, of one input. */
export interface PlainLife {
  readonly input: unknown
  readonly ends: boolean
  readonly visits: readonly Visit[]
  readonly undoable: readonly { readonly path: string; readonly step: string }[]
  /** Points at which a question was asked that runs out. */
  readonly expiring: ReadonlySet<string>
}

const interventions = {
  hang: 'the handler hangs at',
  late: 'it is cancelled and its handler answers late from',
  pause: 'it is paused and resumed at',
  cancel: 'it is cancelled at',
  timeout: 'its time runs out at',
  deadline: 'its deadline passes at',
  shutdown: 'the runtime is stopped at',
  loseLease: 'its lease is lost at',
} as const

const pointPlants = {
  throw: 'the handler throws once at',
  throwForGood: 'the handler fails for good at',
  throwAlways: 'the handler throws in every attempt at',
  ask: 'the handler asks at',
  progress: 'the handler reports progress at',
  overrunBudget: 'the handler overruns its budget at',
} as const

const undoPlants = {
  undoThrowsOnce: ['throwOnce', 'throws once'],
  undoKeepsThrowing: ['keepThrowing', 'keeps throwing'],
  undoHangs: ['hang', 'hangs'],
} as const

/** Whether something can be done to a task where its handler is. */
function strikes(fault: keyof typeof interventions, kind: PointKind): boolean {
  switch (fault) {
    case 'hang':
      return kind !== 'question' && kind !== 'during'
    // Only the user's own code can be deaf.
    case 'late':
      return kind === 'after' || kind === 'end'
    case 'pause':
      return kind !== 'during'
    case 'timeout':
      return kind !== 'question' && kind !== 'during'
    default:
      return true
  }
}

function plainWords({ ends }: PlainLife): string {
  return ends ? 'when nothing goes wrong' : 'when it is cancelled, for it never ends by itself'
}

function failsForGood(point: string): Plant {
  return { kind: 'point', point, attempts: 'all', does: 'throwForGood' }
}

/** A life in which nothing is planted. */
function plainly({ input, ends }: PlainLife): Scenario {
  return { input, ends, plants: [], stop: null }
}

const ofFlow = 'it is the step of a flow, in which nothing of the user’s runs once its member has ended'

/** A flow runs each member in a step that has its name. */
function isAfterMember({ visits }: PlainLife, { kind, path, name }: Visit): boolean {
  if (kind !== 'after') return false
  const child = path === '' ? `child "${name}"` : `${path}, child "${name}"`
  return visits.some((visit) => visit.path === child)
}

/** At so many points of one handler something is planted; what comes after is counted, but for its end. */
export const pointsLimit = 100

/** Plans what goes wrong where, from what a plain life has come by. */
export class ScenarioPlan {
  readonly planned: Planned[] = []
  readonly leftOut: LeftOut[] = []
  /** Points at which nothing is planted, for there are too many. */
  cutOff = 0
  readonly #faults: ReadonlySet<FaultName>
  readonly #abilities: Abilities
  readonly #seen = new Set<string>()

  constructor(faults: readonly FaultName[], abilities: Abilities) {
    this.#faults = new Set(faults)
    this.#abilities = abilities
  }

  /** Points that earlier inputs came by are not planned for again. */
  add(life: PlainLife): void {
    this.#plan(null, '', plainWords(life), plainly(life))
    let points = 0
    for (const visit of life.visits) {
      if (visit.attempt > 1 || this.#seen.has(visit.point)) continue
      this.#seen.add(visit.point)
      points += 1
      if (isAfterMember(life, visit)) this.leftOut.push({ point: visit.point, fault: 'throw', why: ofFlow })
      else if (points > pointsLimit && visit.kind !== 'end') this.cutOff += 1
      else if (visit.path === '') this.#planPoint(life, visit)
      else this.#planMember(life, visit)
    }
    const end = life.visits.findLast(({ path, kind }) => path === '' && kind !== 'question' && kind !== 'during')
    if (end) this.#planUndos(life, { ...plainly(life), plants: [failsForGood(end.point)] })
    const paths = life.visits.filter(({ kind }) => kind === 'end').map(({ path }) => path)
    this.#planOutput(plainly(life), paths)
    this.#planPairs(life)
  }

  /** The same for a handler that is a machine: its states are its points. */
  addMachine(life: PlainLife, { nodes }: MachineGraph, autopilot: Autopilot | null): void {
    const plain: Scenario = { ...plainly(life), autopilot }
    this.#plan(null, '', plainWords(life), plain)
    for (const { words, way, isOver } of nodes.values()) {
      const point = `state "${words}"`
      if (isOver || this.#seen.has(point)) continue
      this.#seen.add(point)
      for (const fault of ['pause', 'cancel', 'timeout', 'deadline', 'shutdown', 'loseLease'] as const) {
        const stop: Stop = { point, where: 'rest', act: fault }
        this.#plan(fault, point, `after ${interventions[fault]} ${point}`, { ...plain, stop, way })
      }
    }
    this.#planUndos(life, { ...plain, stop: { point: 'its machine', where: 'rest', act: 'cancel' } })
    this.#planOutput(plain, [''])
  }

  #planPoint(life: PlainLife, visit: Visit): void {
    const { point, kind } = visit
    for (const fault of ['throw', 'throwForGood', 'throwAlways', 'ask', 'progress', 'overrunBudget'] as const) {
      // Where it waits for an answer the user's code does nothing, and where it is under way it is its own master.
      if (kind === 'question' || kind === 'during') continue
      const attempts = fault === 'throwAlways' ? 'all' : 'first'
      const does = fault === 'throwAlways' ? 'throw' : fault
      const plants: readonly Plant[] = [{ kind: 'point', point, attempts, does }]
      this.#plan(fault, point, `after ${pointPlants[fault]} ${point}`, { ...plainly(life), plants })
    }
    for (const fault of ['hang', 'late', 'pause', 'cancel', 'timeout', 'deadline', 'shutdown', 'loseLease'] as const)
      if (strikes(fault, kind)) this.#planStop(life, visit, fault)
    if (kind !== 'question' || !life.expiring.has(point)) return
    const stop: Stop = { point, where: 'before', act: 'unanswered' }
    this.#plan(null, point, `after nobody answers ${point}`, { ...plainly(life), stop })
  }

  /** Of a child only what it does to its parent: it fails, is cancelled or rejected; and its parent is cancelled. */
  #planMember(life: PlainLife, visit: Visit): void {
    const { point, path, kind } = visit
    if (kind === 'during') return
    if (kind !== 'question')
      this.#plan('throwForGood', point, `after it fails for good at ${point}`, {
        ...plainly(life),
        plants: [failsForGood(point)],
      })
    if (kind === 'end') {
      const once: readonly Plant[] = [{ kind: 'point', point, attempts: 'first', does: 'throw' }]
      this.#plan('throw', point, `after it throws once at ${point}`, { ...plainly(life), plants: once })
    }
    this.#planStop(life, visit, 'cancel')
    if (kind !== 'start') return
    const stop: Stop = { point, where: 'before', act: 'cancelChild' }
    this.#plan('cancel', `${point}, itself`, `after ${path} is cancelled at its start`, { ...plainly(life), stop })
  }

  /** Two members end badly in one life: both fail, or one fails and what the other has done cannot be undone. */
  #planPairs(life: PlainLife): void {
    const ends = life.visits.filter(({ kind, path, attempt }) => kind === 'end' && path !== '' && attempt === 1)
    const members = ends.filter(({ path }) => !ends.some((other) => path.startsWith(`${other.path}, `)))
    for (const one of members)
      for (const other of members) {
        if (one.path === other.path) continue
        const fails = failsForGood(one.point)
        if (one.path < other.path)
          this.#planPair(life, 'throwForGood', `${one.path} and ${other.path} fail for good`, [
            fails,
            failsForGood(other.point),
          ])
        for (const { path, step } of life.undoable) {
          if (path !== other.path) continue
          const words = `${one.path} fails for good and the undo of ${path}, ${step} keeps throwing`
          this.#planPair(life, 'undoKeepsThrowing', words, [fails, { kind: 'undo', path, step, does: 'keepThrowing' }])
        }
      }
  }

  #planPair(life: PlainLife, fault: FaultName, words: string, plants: readonly Plant[]): void {
    if (this.#seen.has(words)) return
    this.#seen.add(words)
    this.#plan(fault, words, `after ${words}`, { ...plainly(life), plants })
  }

  #planStop(life: PlainLife, { point, kind }: Visit, fault: keyof typeof interventions): void {
    const where = kind === 'during' ? 'during' : kind === 'after' || kind === 'end' ? 'after' : 'before'
    const stop: Stop = { point, where, act: fault }
    this.#plan(fault, point, `after ${interventions[fault]} ${point}`, { ...plainly(life), stop })
  }

  /** Something makes everything be undone, and an undo fails. */
  #planUndos({ undoable }: PlainLife, failing: Scenario): void {
    for (const { path, step } of undoable) {
      const of = path === '' ? step : `${path}, ${step}`
      if (this.#seen.has(`undo ${of}`)) continue
      this.#seen.add(`undo ${of}`)
      for (const fault of ['undoThrowsOnce', 'undoKeepsThrowing', 'undoHangs'] as const) {
        const [does, verb] = undoPlants[fault]
        const plants: readonly Plant[] = [...failing.plants, { kind: 'undo', path, step, does }]
        this.#plan(fault, `undo of ${of}`, `after the undo of ${of} ${verb}`, { ...failing, plants })
      }
    }
  }

  #planOutput(plain: Scenario, paths: readonly string[]): void {
    for (const path of paths) {
      const of = path === '' ? 'the handler' : path
      if (this.#seen.has(`output ${of}`)) continue
      this.#seen.add(`output ${of}`)
      const words = `after ${of} gives what its schema refuses`
      this.#plan('badOutput', `output of ${of}`, words, { ...plain, plants: [{ kind: 'output', path }] })
      const refusal = path === '' ? 'after validate refuses it' : `after the validate of ${path} refuses it`
      this.#plan('refuse', `validation of ${of}`, refusal, { ...plain, plants: [{ kind: 'validation', path }] })
    }
  }

  #plan(fault: FaultName | null, point: string, words: string, scenario: Scenario): void {
    if (fault !== null) {
      const why = this.#whyNot(fault, scenario)
      if (why !== null) {
        this.leftOut.push({ point, fault, why })
        return
      }
    }
    this.planned.push({ fault, point, words, scenario })
  }

  #whyNot(fault: FaultName, { plants }: Scenario): string | null {
    if (!this.#faults.has(fault)) return 'it is not among the faults that were asked for'
    const isOwn = plants.every((plant) => plant.kind === 'point' || plant.path === '')
    if (fault === 'throwAlways' && !this.#abilities.retries) return 'the definition makes one attempt'
    if (fault === 'timeout' && !this.#abilities.times) return 'the definition has no timeout'
    if (fault === 'badOutput' && isOwn && !this.#abilities.completes)
      return 'the handler gave no output with the inputs that there are'
    if (fault === 'badOutput' && isOwn && !this.#abilities.refusesOutput) return 'the output schema takes anything'
    if (fault === 'refuse' && isOwn && !this.#abilities.validates) return 'the definition has no validate'
    return null
  }
}
