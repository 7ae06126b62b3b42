import type { Phase, TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatDuration } from '../../parts/format.ts'

const names: Readonly<Record<Exclude<Phase, 'ended'>, string>> = {
  waiting: 'Waiting',
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  asking: 'Awaiting input',
  stopping: 'Stopping',
  backoff: 'Back-off',
  rollingBack: 'Rolling back',
}

interface Piece {
  readonly phase: Exclude<Phase, 'ended'>
  readonly from: number
  readonly to: number
}

function piecesOf({ segments, endedAt }: TaskRow, now: number): Piece[] {
  return segments.flatMap(({ at, phase }, index) => {
    const to = segments[index + 1]?.at ?? endedAt ?? now
    return phase === 'ended' || to <= at ? [] : [{ phase, from: at, to }]
  })
}

const width = 1_000

/** What the task has spent its time with, from its creation until now or its end. */
export function PhaseStrip({ row, now }: { row: TaskRow; now: number }) {
  const pieces = piecesOf(row, now)
  const first = pieces[0]?.from ?? row.createdAt
  const length = Math.max(1, (pieces.at(-1)?.to ?? row.endedAt ?? now) - first)
  const sums = new Map<Piece['phase'], number>()
  for (const { phase, from, to } of pieces) sums.set(phase, (sums.get(phase) ?? 0) + to - from)
  return (
    <figure class="phases" aria-label="What its time went into">
      <svg class="phases-strip" viewBox={`0 0 ${width} 12`} preserveAspectRatio="none" aria-hidden="true">
        {pieces.map(({ phase, from, to }) => (
          <rect
            key={from}
            class={`in-${phase}`}
            x={((from - first) / length) * width}
            width={Math.max(1.5, ((to - from) / length) * width)}
            height="12"
          />
        ))}
      </svg>
      <figcaption>
        <ul class="phases-legend">
          {[...sums]
            .filter(([, ms]) => ms >= 1)
            .map(([phase, ms]) => (
              <li key={phase} class={`stage in-${phase}`}>
                <span class="stage-mark" />
                {names[phase]} <strong>{formatDuration(ms)}</strong>
              </li>
            ))}
          <li class="phases-sum">{formatDuration(length)} in all</li>
        </ul>
      </figcaption>
    </figure>
  )
}
