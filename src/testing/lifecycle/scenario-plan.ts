import type { FaultName, Plant } from './faults.ts'
import type { Abilities } from './life-walks.ts'
import type { Visit } from './pilot.ts'
import type { Intervention, Scenario } from './scenario.ts'

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

/** Plans what goes wrong where, from what a plain life has come by. */
export class ScenarioPlan {
  readonly planned: Planned[] = []
  readonly leftOut: LeftOut[] = []
  readonly #faults: ReadonlySet<FaultName>
  readonly #abilities: Abilities
  readonly #seen = new Set<string>()

  constructor(faults: readonly FaultName[], abilities: Abilities) {
    this.#faults = new Set(faults)
    this.#abilities = abilities
  }

  /** Points that earlier inputs came by are not planned for again. */
  add(life: PlainLife): void {
    const { input } = life
    this.#plan(null, '', 'when nothing goes wrong', { input, plants: [], stop: null })
    for (const visit of life.visits) {
      if (visit.attempt > 1 || this.#seen.has(visit.point)) continue
      this.#seen.add(visit.point)
      if (visit.path === '') this.#planPoint(life, visit)
      else this.#planMember(life, visit)
    }
    this.#planUndos(life)
    this.#planOutput(life)
  }

  #planPoint(life: PlainLife, { point, kind }: Visit): void {
    const { input } = life
    for (const fault of ['throw', 'throwForGood', 'throwAlways', 'ask', 'progress', 'overrunBudget'] as const) {
      // Where it waits for an answer, the user's code does nothing.
      if (kind === 'question') continue
      const attempts = fault === 'throwAlways' ? 'all' : 'first'
      const does = fault === 'throwAlways' ? 'throw' : fault
      const plants: readonly Plant[] = [{ kind: 'point', point, attempts, does }]
      this.#plan(fault, point, `after ${pointPlants[fault]} ${point}`, { input, plants, stop: null })
    }
    for (const fault of ['hang', 'late', 'pause', 'cancel', 'timeout', 'deadline', 'shutdown', 'loseLease'] as const) {
      if (kind === 'question' && (fault === 'hang' || fault === 'late' || fault === 'timeout')) continue
      this.#planStop(life, point, fault, fault)
    }
    if (kind === 'question' && life.expiring.has(point))
      this.#plan(null, point, `after nobody answers ${point}`, {
        input,
        plants: [],
        stop: { point, act: 'unanswered' },
      })
  }

  /** Of a child only what it does to its parent: it fails, is cancelled or rejected; and its parent is cancelled. */
  #planMember(life: PlainLife, { point, path, kind }: Visit): void {
    const { input } = life
    const plants: readonly Plant[] = [{ kind: 'point', point, attempts: 'all', does: 'throwForGood' }]
    if (kind !== 'question')
      this.#plan('throwForGood', point, `after it fails for good at ${point}`, { input, plants, stop: null })
    this.#planStop(life, point, 'cancel', 'cancel')
    if (kind !== 'start') return
    const words = `after ${path} is cancelled at its start`
    this.#plan('cancel', `${point}, itself`, words, { input, plants: [], stop: { point, act: 'cancelChild' } })
  }

  #planStop({ input }: PlainLife, point: string, fault: keyof typeof interventions, act: Intervention): void {
    this.#plan(fault, point, `after ${interventions[fault]} ${point}`, { input, plants: [], stop: { point, act } })
  }

  /** Everything is done, then something fails for good, and then an undo of what was done. */
  #planUndos({ input, visits, undoable }: PlainLife): void {
    const end = visits.findLast(({ path, kind }) => path === '' && kind !== 'question')
    if (!end) return
    const fails: Plant = { kind: 'point', point: end.point, attempts: 'all', does: 'throwForGood' }
    for (const { path, step } of undoable) {
      const of = path === '' ? step : `${path}, ${step}`
      if (this.#seen.has(`undo ${of}`)) continue
      this.#seen.add(`undo ${of}`)
      for (const fault of ['undoThrowsOnce', 'undoKeepsThrowing', 'undoHangs'] as const) {
        const [does, verb] = undoPlants[fault]
        const plants: readonly Plant[] = [fails, { kind: 'undo', path, step, does }]
        this.#plan(fault, `undo of ${of}`, `after the undo of ${of} ${verb}`, { input, plants, stop: null })
      }
    }
  }

  #planOutput({ input, visits }: PlainLife): void {
    for (const { path, kind } of visits) {
      const of = path === '' ? 'the handler' : path
      if (kind !== 'end' || this.#seen.has(`output ${of}`)) continue
      this.#seen.add(`output ${of}`)
      const output: readonly Plant[] = [{ kind: 'output', path }]
      this.#plan('badOutput', `output of ${of}`, `after ${of} gives what its schema refuses`, {
        input,
        plants: output,
        stop: null,
      })
      const refusal: readonly Plant[] = [{ kind: 'validation', path }]
      const words = path === '' ? 'after validate refuses it' : `after the validate of ${path} refuses it`
      this.#plan('refuse', `validation of ${of}`, words, { input, plants: refusal, stop: null })
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
    if (fault === 'badOutput' && isOwn && !this.#abilities.refusesOutput) return 'the output schema takes anything'
    if (fault === 'refuse' && isOwn && !this.#abilities.validates) return 'the definition has no validate'
    return null
  }
}
