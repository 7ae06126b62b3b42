import type { Health } from '../live/endings.ts'

const height = 28

/** Endings in each of the last 60 seconds; what did not complete lies on top. */
export function Spark({ bars }: { bars: Health['spark'] }) {
  const most = Math.max(1, ...bars.map(({ completed, other }) => completed + other))
  const path = (of: (bar: Health['spark'][number]) => readonly [from: number, to: number]) =>
    bars
      .map((bar, index) => {
        const [from, to] = of(bar)
        if (to <= from) return ''
        const top = height - (to / most) * height
        const length = Math.max(1, ((to - from) / most) * height)
        return `M${index * 2} ${top.toFixed(2)}h1.4v${length.toFixed(2)}h-1.4z`
      })
      .join('')
  return (
    <svg class="spark" viewBox={`0 0 ${bars.length * 2} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="is-completed" d={path(({ completed }) => [0, completed])} />
      <path class="is-other" d={path(({ completed, other }) => [completed, completed + other])} />
    </svg>
  )
}
