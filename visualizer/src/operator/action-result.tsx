import type { CommandResult } from '../../../src/inspector/protocol.ts'
import { formatCount } from '../parts/format.ts'
import { hrefTo } from '../shell/address.ts'

const shownOfEach = 5

/** What was refused, by its reason: thousands may have the same. */
function byReason(refused: CommandResult['refused']) {
  const reasons = new Map<string, { readonly message: string; readonly ids: string[] }>()
  for (const { taskId, code, message } of refused) {
    const known = reasons.get(code)
    if (known) known.ids.push(taskId ?? '')
    else reasons.set(code, { message, ids: [taskId ?? ''] })
  }
  return [...reasons]
}

/** What a command came to, where not everything could be done. */
export function ActionResult({ headline, result: { refused } }: { headline: string; result: CommandResult }) {
  return (
    <div role="status">
      <p>
        {headline}; {formatCount(refused.length)} refused:
      </p>
      <ul class="refused">
        {byReason(refused).map(([code, { message, ids }]) => (
          <li key={code}>
            <code>{code}</code> {ids.length > 1 ? `${formatCount(ids.length)} tasks, for instance: ` : ''}
            {message}
            <span class="refused-ids">
              {ids
                .filter(Boolean)
                .slice(0, shownOfEach)
                .map((id) => (
                  <a key={id} href={hrefTo({ view: 'task', task: id })}>
                    {id}
                  </a>
                ))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
