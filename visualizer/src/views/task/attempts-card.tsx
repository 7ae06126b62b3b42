import type { TaskEvent } from '../../../../src/model/events.ts'
import { formatDuration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import type { AttemptRun, StepRun } from './attempts.ts'
import { attemptsOf } from './attempts.ts'

function markOf({ endedAt, problem, isUndo }: StepRun) {
  if (endedAt === null) return { class: 'is-running', text: 'running' }
  if (problem !== null) return { class: 'is-failed', text: 'failed' }
  return { class: 'is-done', text: isUndo ? 'undone' : 'done' }
}

function Step({ step, now }: { step: StepRun; now: number }) {
  const mark = markOf(step)
  return (
    <li class={`step ${mark.class}`}>
      <span class="step-mark" aria-hidden="true" />
      <span class="step-name">
        {step.isUndo && <Icon name="retry" />}
        {step.isUndo ? `undo ${step.name}` : step.name}
      </span>
      <span class="step-state">{mark.text}</span>
      <span class="step-time">{formatDuration((step.endedAt ?? now) - step.startedAt)}</span>
      {step.problem !== null && <span class="step-problem">{step.problem}</span>}
    </li>
  )
}

function Attempt({ run, now }: { run: AttemptRun; now: number }) {
  return (
    <li class="attempt">
      <h3>
        {run.attempt === 0 ? 'Before what is kept' : `Attempt ${run.attempt}`}
        <span class="step-time">{formatDuration((run.endedAt ?? now) - run.startedAt)}</span>
      </h3>
      {run.steps.length > 0 && (
        <ol class="steps">
          {run.steps.map((step) => (
            <Step key={`${step.name}${step.isUndo}${step.startedAt}`} step={step} now={now} />
          ))}
        </ol>
      )}
      {run.problem !== null && <p class="step-problem">{run.problem}</p>}
    </li>
  )
}

/** Attempts, each with its steps and what they came to. `null`: none has begun. */
export function AttemptsCard({ events, now }: { events: readonly TaskEvent[]; now: number }) {
  const attempts = attemptsOf(events)
  if (attempts.length === 0) return null
  return (
    <section class="card">
      <h2>Attempts and steps</h2>
      <ol class="attempts">
        {attempts.map((run) => (
          <Attempt key={run.startedAt} run={run} now={now} />
        ))}
      </ol>
    </section>
  )
}
