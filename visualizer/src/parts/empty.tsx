import type { ComponentChildren } from 'preact'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  /** Under a heading of the view's own. */
  readonly isPart?: true
  readonly children?: ComponentChildren
}

/** What a view shows where it has nothing to show: why, and what would change that. */
export function Empty({ icon, title, isPart, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} />
      {isPart ? <h2>{title}</h2> : <h1>{title}</h1>}
      {children && <p>{children}</p>}
    </div>
  )
}
