import type { ComponentChildren } from 'preact'
import type { TaskDetail } from '../../../../src/inspector/protocol.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatAmount, formatDate, formatDuration, formatPriority } from '../../parts/format.ts'

type Timers = NonNullable<TaskDetail['explanation']>['timers']

const timers: Readonly<Record<Timers[number]['what'], string>> = {
  start: 'Starts',
  deadline: 'Deadline',
  timeout: 'Timeout',
  heartbeat: 'Heartbeat',
  grace: 'Grace ends',
  backoff: 'Next attempt',
  question: 'Question ends',
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Amounts({ row }: { row: TaskRow }) {
  const resources = [...new Set([...Object.keys(row.demand), ...Object.keys(row.used)])]
  if (resources.length === 0) return null
  return (
    <table class="amounts">
      <caption class="unseen">Resources of the task</caption>
      <thead>
        <tr>
          <th scope="col">Resource</th>
          <th scope="col">Asks</th>
          <th scope="col">Holds</th>
          <th scope="col">Used</th>
        </tr>
      </thead>
      <tbody>
        {resources.map((resource) => (
          <tr key={resource}>
            <th scope="row">{resource}</th>
            <td>{formatAmount(row.demand[resource] ?? 0)}</td>
            <td>{row.holds ? formatAmount(row.demand[resource] ?? 0) : '–'}</td>
            <td>{resource in row.used ? formatAmount(row.used[resource] ?? 0) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What is known of a task, in figures. */
export function FactsCard({ row, detail, now }: { row: TaskRow; detail: TaskDetail | null; now: number }) {
  const task = detail?.task ?? null
  const { createdAt, startedAt, endedAt, queuedAt } = row
  return (
    <section class="card">
      <h2>Facts</h2>
      <dl class="facts">
        <Fact name="Kind">{row.kind}</Fact>
        <Fact name="Version">{row.version}</Fact>
        <Fact name="Principal">{row.principal}</Fact>
        <Fact name="Priority">{formatPriority(row.priority)}</Fact>
        <Fact name="Attempt">
          {row.attempt || '–'}
          {task && ` of ${task.maxAttempts}`}
        </Fact>
        {row.handlerState !== null && <Fact name="Handler">{row.handlerState}</Fact>}
        <Fact name="Created">{formatDate(createdAt)}</Fact>
        {queuedAt !== null && startedAt !== null && (
          <Fact name="Queued for">{formatDuration(startedAt - queuedAt)}</Fact>
        )}
        {startedAt !== null && <Fact name="Started">{formatDate(startedAt)}</Fact>}
        {endedAt !== null && <Fact name="Ended">{formatDate(endedAt)}</Fact>}
        {(detail?.explanation?.timers ?? []).map(({ what, at }) => (
          <Fact key={`${what}${at}`} name={timers[what]}>
            {at > now ? `in ${formatDuration(at - now)}` : 'due'}
          </Fact>
        ))}
        {(detail?.explanation?.leases ?? []).map(({ id, grantedAt, expiresAt }) => (
          <Fact key={id} name="Lease">
            for {formatDuration(now - grantedAt)}
            {expiresAt !== null && `, expires in ${formatDuration(expiresAt - now)}`}
          </Fact>
        ))}
        {Object.entries(task?.labels ?? {}).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
      <Amounts row={row} />
    </section>
  )
}
