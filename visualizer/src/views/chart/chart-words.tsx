import type { GraphState, GraphTransition } from '../../../../src/inspector/view/chart/chart-graph.ts'
import type { ChartGeometry } from '../../../../src/inspector/view/chart/geometry.ts'
import { formatDuration, formatMoment } from '../../parts/format.ts'
import type { ChartMoment } from './chart-state.ts'

function depthsOf(states: readonly GraphState[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  for (const { id, parent } of states) depths.set(id, parent === null ? 0 : (depths.get(parent) ?? 0) + 1)
  return depths
}

/** A transition in a sentence: `on pause, if isFree: to waiting; hold`. */
function transitionWords({ label, kind, guard, actions, targets }: GraphTransition): string {
  const when = kind === 'event' ? `on ${label}` : label
  const condition = guard === null ? '' : `, if ${guard}`
  const to = targets.length > 0 ? `to ${targets.map((id) => id.split('.').at(-1)).join(' and ')}` : 'stays'
  return `${when}${condition}: ${to}${actions.length > 0 ? `; ${actions.join(', ')}` : ''}`
}

function Now({ chart, moment }: { chart: ChartGeometry; moment: ChartMoment }) {
  const parents = new Set(chart.allStates.flatMap(({ id, parent }) => (moment.active.has(id) ? parent : [])))
  const leaves = chart.allStates.filter(({ id }) => moment.active.has(id) && !parents.has(id))
  const due = chart.transitions.flatMap((transition) => {
    const countdown = moment.countdowns.get(transition.key)
    return countdown ? [{ transition, leftMs: countdown.leftMs }] : []
  })
  const soonest = new Map<string, (typeof due)[number]>()
  for (const one of due) {
    const known = soonest.get(one.transition.label)
    if (!known || one.leftMs < known.leftMs) soonest.set(one.transition.label, one)
  }
  if (leaves.length === 0) return <p class="hint">In no state: it does not run.</p>
  return (
    <ul class="cw-now">
      {leaves.map(({ id }) => {
        const since = moment.visits.get(id)?.since
        return (
          <li key={id}>
            <strong>{id.split('.').slice(1).join(' › ') || id}</strong>
            {typeof since === 'number' && <span class="hint"> for {formatDuration(moment.now - since)}</span>}
          </li>
        )
      })}
      {[...soonest.values()].map(({ transition, leftMs }) => (
        <li key={transition.key} class="cw-due">
          {transition.label}: {leftMs > 0 ? `due in ${formatDuration(leftMs)}` : 'due'}
        </li>
      ))}
    </ul>
  )
}

function Taken({ moment }: { moment: ChartMoment }) {
  const newest = moment.taken.slice(-8).reverse()
  if (newest.length === 0) return null
  return (
    <section>
      <h2>Transitions taken, the newest first</h2>
      <ol class="cw-taken">
        {newest.map(({ at, transitions }) => {
          const [first] = transitions
          const labels = [...new Set(transitions.map(({ label }) => label))]
          return (
            <li key={`${at} ${first?.key}`}>
              <span class="mono hint">{formatMoment(at)}</span>
              <span>
                {first?.source.split('.').at(-1)} → {first?.targets.map((id) => id.split('.').at(-1)).join(', ')}
                <span class="hint"> {labels.join(' or ')}</span>
              </span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

interface WordsProps {
  readonly chart: ChartGeometry
  /** `null`: of no actor in particular. */
  readonly moment: ChartMoment | null
  readonly picked: string | null
  readonly folded: readonly string[]
  meterOf(state: string): string
  isActive(state: string): boolean
  onPick(id: string): void
  onFold(id: string): void
}

function Row({
  state,
  depth,
  hasInside,
  ...props
}: WordsProps & { state: GraphState; depth: number; hasInside: boolean }) {
  const { id, key, type } = state
  const isFolded = props.folded.includes(id)
  const visit = props.moment?.visits.get(id)
  return (
    <tr class={props.isActive(id) ? 'is-active' : ''}>
      <th scope="row">
        <span class="cw-name" style={{ paddingLeft: `${depth * 14}px` }}>
          {hasInside ? (
            <button
              type="button"
              class="cw-fold"
              aria-expanded={!isFolded}
              aria-label={`Inside of ${key}`}
              onClick={() => props.onFold(id)}
            >
              <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d={isFolded ? 'M6 4l4 4-4 4' : 'M4 6l4 4 4-4'} />
              </svg>
            </button>
          ) : (
            <span class="cw-fold" />
          )}
          <button type="button" class="cw-pick" aria-pressed={props.picked === id} onClick={() => props.onPick(id)}>
            {key}
            {type === 'final' && <span class="hint"> final</span>}
            {props.isActive(id) && <span class="cw-dot" title="active" />}
            {props.isActive(id) && <span class="unseen">, active</span>}
          </button>
        </span>
      </th>
      {props.moment ? (
        <>
          <td>{visit?.count ?? ''}</td>
          <td>{visit ? formatDuration(visit.ms) : ''}</td>
        </>
      ) : (
        <td>{props.meterOf(id).split(' ')[0]}</td>
      )}
    </tr>
  )
}

function Answers({ chart, picked, moment }: { chart: ChartGeometry; picked: string; moment: ChartMoment | null }) {
  const state = chart.allStates.find(({ id }) => id === picked)
  if (!state) return null
  const transitions = chart.transitions.filter(({ source }) => source === picked)
  return (
    <section>
      <h2>What {state.key} answers</h2>
      {state.description && <p>{state.description}</p>}
      {transitions.length === 0 && (
        <p class="hint">Nothing: {state.type === 'final' ? 'it is final' : 'see the states around it'}.</p>
      )}
      <ul class="cw-answers">
        {transitions.map((transition) => (
          <li key={transition.key} class={transition.targets.length > 0 ? 'is-leading' : ''}>
            {transitionWords(transition)}
            {moment?.counts.has(transition.key) && (
              <span class="hint"> · taken {moment.counts.get(transition.key)}×</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The chart in words: where it stands, what it did, every state, and what the picked one answers. */
export function ChartWords(props: WordsProps) {
  const { chart, moment, picked } = props
  const depths = depthsOf(chart.allStates)
  const parents = new Set(chart.allStates.map(({ parent }) => parent))
  return (
    <div class="cw">
      {moment && (
        <section>
          <h2>Now in</h2>
          <Now chart={chart} moment={moment} />
        </section>
      )}
      {picked !== null && <Answers chart={chart} picked={picked} moment={moment} />}
      {moment && <Taken moment={moment} />}
      <table class="cw-states">
        <caption class="unseen">States of the machine</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            {moment ? (
              <>
                <th scope="col">Visits</th>
                <th scope="col">Time</th>
              </>
            ) : (
              <th scope="col">Tasks</th>
            )}
          </tr>
        </thead>
        <tbody>
          {chart.allStates.map((state) => (
            <Row
              key={state.id}
              {...props}
              state={state}
              depth={depths.get(state.id) ?? 0}
              hasInside={parents.has(state.id)}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}
