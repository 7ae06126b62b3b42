import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { TaskRow } from '../../../../src/inspector/view/task-row.ts'
import { formatCount } from '../../parts/format.ts'
import { TaskLink } from '../../parts/task-link.tsx'

const childrenShown = 50

/** The task that submitted it, and those that it submitted. `null`: it stands alone. */
export function FamilyCard({ row, view }: { row: TaskRow; view: RuntimeView }) {
  const children: TaskRow[] = []
  for (const other of view.tasks.values()) if (other.parentId === row.id) children.push(other)
  if (row.parentId === null && children.length === 0) return null
  return (
    <section class="card">
      <h2>Family</h2>
      {row.parentId !== null && (
        <>
          <h3>Parent</h3>
          <p class="family">
            <TaskLink id={row.parentId} view={view} withStage />
          </p>
        </>
      )}
      {children.length > 0 && (
        <>
          <h3>{children.length === 1 ? 'Child' : `${formatCount(children.length)} children`}</h3>
          <ul class="family">
            {children.slice(0, childrenShown).map(({ id }) => (
              <li key={id}>
                <TaskLink id={id} view={view} withStage />
              </li>
            ))}
          </ul>
          {children.length > childrenShown && <p class="hint">and more, which the list of tasks shows</p>}
        </>
      )}
    </section>
  )
}
