import type { AnyStateMachine } from 'xstate'
import type { MachineTables } from '../../machines/compiled-machine.ts'
import type { Machines } from '../../machines/machines.ts'
import { compileSupervisor, supervisorTables } from '../../machines/supervisor-engine.ts'
import { supervisorMachine } from '../../machines/supervisor-machine.ts'
import { compileTask, taskTables } from '../../machines/task-engine.ts'
import { taskMachine } from '../../machines/task-machine.ts'
import { rebuiltMachine } from '../lifecycle/rebuilt-machine.ts'
import { guardId } from '../lifecycle/tally.ts'
import { asList } from './chart-edits.ts'
import { chartFaults } from './chart-faults.ts'
import { livesAlike } from './equivalent-lives.ts'
import type { Mutant, MutantKind, MutantPlace, Touched } from './mutant.ts'
import { partName, writtenAnswers, writtenStates } from './written-chart.ts'

/** One of our machines, which run from tables. */
interface OwnMachine<Context, Event> {
  readonly place: MutantPlace
  readonly machine: AnyStateMachine
  readonly tables: MachineTables<Context, Event>
  compile(machine: AnyStateMachine, tables: MachineTables<Context, Event>): Partial<Machines>
  /** Whether machines do the same whatever comes, in every state that can be reached. */
  areAlike?(machines: Partial<Machines>): boolean
}

const negated = 'not '

/** Tables in which every guard is also there the other way round. */
function withNegations<Context, Event>(tables: MachineTables<Context, Event>): MachineTables<Context, Event> {
  const others = Object.entries(tables.guards).map(([name, guard]) => {
    const other = (context: Context, event: Event) => !guard(context, event)
    return [`${negated}${name}`, other] as const
  })
  return { ...tables, guards: { ...tables.guards, ...Object.fromEntries(others) } }
}

function faultsOf<Context, Event>({ place, machine, tables, compile, areAlike }: OwnMachine<Context, Event>): Mutant[] {
  const more = withNegations(tables)
  const inChart = chartFaults(machine, { chart: place, negate: (guard) => `${negated}${partName(guard)}` })
  const mutant = (fault: Pick<Mutant, 'kind' | 'what' | 'touches'>, planted: () => Partial<Machines>): Mutant => ({
    ...fault,
    id: `${place}: ${fault.what}`,
    place,
    make: () => ({ machines: planted() }),
    ...(areAlike && { isEquivalent: () => areAlike(planted()) }),
  })
  return [
    ...inChart.map(({ edit, ...fault }) =>
      mutant(fault, () => compile(rebuiltMachine(edit(machine.config), machine.implementations), more)),
    ),
    ...tableFaults(place, machine, tables).map(({ broken, ...fault }) => mutant(fault, () => compile(machine, broken))),
  ]
}

interface TableFault<Context, Event> {
  readonly kind: MutantKind
  readonly what: string
  readonly touches: readonly Touched[]
  readonly broken: MachineTables<Context, Event>
}

function tableFaults<Context, Event>(
  chart: string,
  machine: AnyStateMachine,
  tables: MachineTables<Context, Event>,
): TableFault<Context, Event>[] {
  const uses = usesOf(chart, machine)
  const guards = Object.keys(tables.guards).flatMap((name) =>
    [true, false].map(
      (held): TableFault<Context, Event> => ({
        kind: 'break guard',
        what: `the guard ${name} ${held ? 'always' : 'never'} holds`,
        touches: (uses.guards.get(name) ?? []).map((id) => ({ kind: 'guards', chart, id: guardId(id, !held) })),
        broken: { ...tables, guards: { ...tables.guards, [name]: () => held } },
      }),
    ),
  )
  const updates = Object.keys(tables.updates).map(
    (name): TableFault<Context, Event> => ({
      kind: 'break update',
      what: `${name} changes nothing`,
      touches: uses.actions.get(name) ?? [],
      broken: { ...tables, updates: { ...tables.updates, [name]: () => ({}) } },
    }),
  )
  return [...guards, ...updates]
}

/** Where guards are asked, as transitions, and where actions are done. */
function usesOf(chart: string, machine: AnyStateMachine) {
  const guards = new Map<string, string[]>()
  const actions = new Map<string, Touched[]>()
  const note = <Item>(map: Map<string, Item[]>, name: string, item: Item) =>
    map.set(name, [...(map.get(name) ?? []), item])
  for (const state of writtenStates(machine)) {
    const { id } = state.node
    for (const part of [...asList(state.config['entry']), ...asList(state.config['exit'])])
      note(actions, partName(part), { kind: 'states', chart, id })
    for (const { event, list } of writtenAnswers(state))
      list.forEach((answer, position) => {
        const transition = `${id}:${event}:${position}`
        if (answer['guard'] !== undefined) note(guards, partName(answer['guard']), transition)
        for (const part of asList(answer['actions']))
          note(actions, partName(part), { kind: 'transitions', chart, id: transition })
      })
  }
  return { guards, actions }
}

/** Faults in the life that every task has. */
export function taskLifeFaults(): Mutant[] {
  return faultsOf({
    place: 'task',
    machine: taskMachine,
    tables: taskTables,
    compile: (machine, tables) => ({ task: compileTask(machine, tables) }),
    areAlike: ({ task }) => task !== undefined && livesAlike(task),
  })
}

/** Faults in the life of the supervisor. @param areAlike whether machines do the same whatever comes */
export function supervisorFaults(areAlike: (machines: Partial<Machines>) => boolean): Mutant[] {
  return faultsOf({
    place: 'supervisor',
    machine: supervisorMachine,
    tables: supervisorTables,
    compile: (machine, tables) => ({ supervisor: compileSupervisor(machine, tables) }),
    areAlike,
  })
}
