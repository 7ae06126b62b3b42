import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import { formatCount } from '../../parts/format.ts'
import { hrefTo } from '../../shell/address.ts'

/** How often ended tasks ended with each code, the most frequent first. */
export function ErrorsCard({ view }: { view: RuntimeView }) {
  const codes = Object.entries(view.errorsByCode).sort(([, one], [, other]) => other - one)
  const most = codes[0]?.[1] ?? 1
  return (
    <section class="card">
      <h2>Errors by code</h2>
      {codes.length === 0 ? (
        <p class="hint">None so far.</p>
      ) : (
        <ul class="bars">
          {codes.map(([code, count]) => (
            <li key={code} class="bars-row">
              <a class="mono" href={hrefTo({ view: 'tasks', task: null, filters: { q: code } })}>
                {code}
              </a>
              <span class="bars-track" aria-hidden="true">
                <span class="bars-fill" style={{ transform: `scaleX(${count / most})` }} />
              </span>
              <span class="bars-count">{formatCount(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
