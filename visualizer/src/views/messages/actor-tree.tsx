import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import type { Shown } from '../../live/session.ts'
import { formatCount } from '../../parts/format.ts'
import { RowStage } from '../../parts/stage.tsx'
import type { MessageFeed } from './message-feed.ts'

const shownAtMost = 80

/** A task among the tasks that submitted it. */
interface Branch {
  readonly row: TaskRow
  readonly depth: number
}

function branches({ view }: Shown): { readonly all: readonly Branch[]; readonly hidden: number } {
  const living = [...view.tasks.values()].filter(({ endedAt }) => endedAt === null)
  const ids = new Set(living.map(({ id }) => id))
  const children = new Map<string | null, TaskRow[]>()
  for (const row of living) {
    const parent = row.parentId !== null && ids.has(row.parentId) ? row.parentId : null
    const known = children.get(parent)
    if (known) known.push(row)
    else children.set(parent, [row])
  }
  const all: Branch[] = []
  const visit = (parent: string | null, depth: number) => {
    for (const row of children.get(parent) ?? []) {
      if (all.length >= shownAtMost) return
      all.push({ row, depth })
      visit(row.id, depth + 1)
    }
  }
  visit(null, 1)
  return { all, hidden: living.length - all.length }
}

interface FiguresProps {
  readonly id: string
  readonly feed: MessageFeed | null
  readonly restarts: number
}

function Figures({ id, feed, restarts }: FiguresProps) {
  const mailbox = feed?.mailboxes.get(id)
  return (
    <>
      <td>{mailbox ? formatCount(mailbox.received) : ''}</td>
      <td>{mailbox ? mailbox.deepest : ''}</td>
      <td class={restarts > 0 ? 'is-alarming' : ''}>{restarts > 0 ? restarts : ''}</td>
    </>
  )
}

interface TreeProps {
  readonly now: Shown
  readonly feed: MessageFeed | null
  readonly picked: string | null
  onPick(task: string | null): void
}

/** The actors that live, below who submitted them: what they were told, how full their mailboxes got, their restarts. */
export function ActorTree({ now, feed, picked, onPick }: TreeProps) {
  const { all, hidden } = branches(now)
  const restarts = now.view.restarts
  return (
    <table class="actors">
      <caption class="unseen">Actors that live</caption>
      <thead>
        <tr>
          <th scope="col">Actor</th>
          <th scope="col" title="Messages received since you look">
            Told
          </th>
          <th scope="col" title="The most messages that waited in its mailbox at a time, since you look">
            Deepest
          </th>
          <th scope="col" title="How often it crashed and was started again">
            Restarts
          </th>
        </tr>
      </thead>
      <tbody>
        <tr class={picked === null ? 'is-picked' : ''}>
          <th scope="row">
            <button type="button" class="cw-pick" aria-pressed={picked === null} onClick={() => onPick(null)}>
              supervisor
            </button>
            <span class="hint">{now.view.supervisor}</span>
          </th>
          <Figures id="supervisor" feed={feed} restarts={restarts['supervisor'] ?? 0} />
        </tr>
        {all.map(({ row, depth }) => (
          <tr key={row.id} class={picked === row.id ? 'is-picked' : ''}>
            <th scope="row">
              <span class="actors-name" style={{ paddingLeft: `${Math.min(depth, 6) * 12}px` }}>
                <button
                  type="button"
                  class="cw-pick"
                  aria-pressed={picked === row.id}
                  title={row.id}
                  onClick={() => onPick(picked === row.id ? null : row.id)}
                >
                  {row.type}
                </button>
                <RowStage row={row} />
              </span>
            </th>
            <Figures id={row.id} feed={feed} restarts={restarts[row.id] ?? 0} />
          </tr>
        ))}
      </tbody>
      {hidden > 0 && (
        <tfoot>
          <tr>
            <td colSpan={4} class="hint">
              and {formatCount(hidden)} more
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  )
}
