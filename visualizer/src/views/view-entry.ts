import type { ComponentType } from 'preact'
import type { Shown } from '../live/session.ts'
import type { IconName } from '../parts/icon.tsx'

/** A view of the page. */
export interface ViewEntry {
  /** In the address bar: `#/path`. */
  readonly path: string
  readonly title: string
  readonly icon: IconName
  /** Drawn when something has arrived; calls `shown()` for what to draw. */
  readonly component: ComponentType
  /** How much there is to see, beside its name. */
  readonly count?: (shown: Shown) => number
  /** Its count waits for somebody. */
  readonly isUrgent?: true
  /** Reached from other views only. */
  readonly isHidden?: true
}
