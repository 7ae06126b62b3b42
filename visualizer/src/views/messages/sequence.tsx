import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { MessageLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { formatMoment } from '../../parts/format.ts'
import { shortId } from '../../parts/task-link.tsx'
import { useRowWindow } from '../../parts/virtual-rows.ts'
import type { Column } from './columns.ts'
import { columnOf } from './columns.ts'

const rowHeight = 34
const columnWidth = 148
const timeWidth = 92
/** For what is written beyond the last column. */
const spare = 150

interface SequenceProps {
  readonly messages: readonly MessageLine[]
  readonly columns: readonly Column[]
  readonly picked: string | null
  readonly view: RuntimeView
  readonly follows: boolean
  onFollow(follows: boolean): void
  onPick(message: MessageLine): void
  readonly chosen: MessageLine | null
}

/** A message's name as people read it. */
export function messageName({ type }: MessageLine): string {
  if (type.startsWith('xstate.done.actor.')) return 'done'
  if (type.startsWith('xstate.error.actor.')) return 'error'
  if (type === 'xstate.init') return 'created'
  if (type === 'xstate.promise.resolve') return 'resolved'
  if (type === 'xstate.promise.reject') return 'rejected'
  if (type === 'xstate.stop') return 'stop'
  if (type.startsWith('xstate.after.')) return 'delay elapsed'
  return type
}

const middle = (index: number) => timeWidth + columnWidth * (index + 0.5)

interface ArrowProps {
  readonly message: MessageLine
  readonly from: number
  readonly to: number
  /** Type of the task, where the column does not say it. */
  readonly about: string
}

function Arrow({ message, from, to, about }: ArrowProps) {
  const [start, end] = [middle(from), middle(to)]
  const y = 23
  const name = messageName(message)
  const text = [name, message.detail, about].filter((part) => part !== '').join(' · ')
  const kind = `sq-arrow${message.n < 0 ? ' is-guess' : ''}`
  if (from === to)
    return (
      <g class={kind}>
        <path class="sq-line" d={`M${start} ${y - 7}h18q5 0 5 5v2q0 5-5 5h-14`} />
        <path class="sq-head" d={`M${start} ${y + 5}l8 -4v8z`} />
        <text class="sq-text" x={start + 30} y={y + 2}>
          {text}
        </text>
      </g>
    )
  const forth = end > start ? 1 : -1
  return (
    <g class={kind}>
      <path class="sq-line" d={`M${start} ${y}L${end - 6 * forth} ${y}`} />
      <path class="sq-head" d={`M${end} ${y}l${-9 * forth} -4.500v9z`} />
      <text class="sq-text" x={Math.min(start, end) + 12} y={y - 7}>
        {text}
      </text>
    </g>
  )
}

interface LineProps {
  readonly message: MessageLine
  readonly columns: readonly Column[]
  readonly at: readonly [number, number]
  readonly isChosen: boolean
  readonly about: string
  readonly top: number
  onPick(message: MessageLine): void
}

function Line({ message, columns, at: [from, to], isChosen, about, top, onPick }: LineProps) {
  const width = timeWidth + columnWidth * columns.length + spare
  const words = [`${columns[from]?.name} to ${columns[to]?.name}: ${messageName(message)}`, message.detail, about]
    .filter((part) => part !== '')
    .join(', ')
  return (
    <li class={`sq-row${isChosen ? ' is-chosen' : ''}`} style={{ top: `${top}px` }}>
      <button type="button" class="sq-pick" aria-pressed={isChosen} onClick={() => onPick(message)}>
        <span class="sq-time mono">{formatMoment(message.at)}</span>
        <span class="unseen">
          {words}
          {message.n < 0 ? ', worked out from the events' : ''}
        </span>
        <svg class="sq-draw" width={width} height={rowHeight} aria-hidden="true">
          {columns.map(({ key }, index) => (
            <path key={key} class="sq-life" d={`M${middle(index)} 0v${rowHeight}`} />
          ))}
          <Arrow message={message} from={from} to={to} about={about} />
        </svg>
      </button>
    </li>
  )
}

/** Who said what to whom, from top to bottom. Only the rows in sight are drawn. */
export function Sequence(props: SequenceProps) {
  const { messages, columns, picked, view, follows, onFollow, onPick, chosen } = props
  const box = useRef<HTMLDivElement>(null)
  const { first, end } = useRowWindow(box, messages.length, rowHeight)
  const width = timeWidth + columnWidth * columns.length + spare
  const places = new Map(columns.map(({ key }, index) => [key, index]))
  const aboutOf = ({ taskId }: MessageLine) =>
    picked === null && taskId !== null ? (view.tasks.get(taskId)?.type ?? shortId(taskId)) : ''
  const placeOf = (actor: string) => places.get(columnOf(actor, picked, view).key) ?? 0

  useLayoutEffect(() => {
    const element = box.current
    if (element && follows) element.scrollTop = element.scrollHeight
  })
  useEffect(() => {
    const element = box.current
    if (!element) return
    // Whoever turns the wheel back reads: the newest must not push it away.
    const scrolled = () => {
      const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight
      onFollow(isAtEnd)
    }
    element.addEventListener('wheel', scrolled, { passive: true })
    element.addEventListener('touchmove', scrolled, { passive: true })
    element.addEventListener('keydown', scrolled)
    return () => {
      element.removeEventListener('wheel', scrolled)
      element.removeEventListener('touchmove', scrolled)
      element.removeEventListener('keydown', scrolled)
    }
  }, [onFollow])

  return (
    <div ref={box} class="sq-box">
      <div class="sq-heads" style={{ width: `${width}px`, paddingLeft: `${timeWidth}px` }} aria-hidden="true">
        {columns.map(({ key, name, kind }) => (
          <span key={key} class={`sq-name is-${kind}`} style={{ width: `${columnWidth}px` }} title={name}>
            <span>{name}</span>
          </span>
        ))}
      </div>
      <ol
        class="sq-rows"
        style={{ width: `${width}px`, height: `${messages.length * rowHeight}px` }}
        aria-label="Messages, the oldest first"
      >
        {messages.slice(first, end).map((message, offset) => (
          <Line
            key={message.n}
            message={message}
            columns={columns}
            at={[placeOf(message.from), placeOf(message.to)]}
            isChosen={chosen?.n === message.n}
            about={aboutOf(message)}
            top={(first + offset) * rowHeight}
            onPick={onPick}
          />
        ))}
      </ol>
    </div>
  )
}
