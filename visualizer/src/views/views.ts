import { ChartView } from './chart/chart-view.tsx'
import { HealthView } from './health/health-view.tsx'
import { MessagesView } from './messages/messages-view.tsx'
import { TimelineView } from './timeline/timeline-view.tsx'
import type { ViewEntry } from './view-entry.ts'

/** Every view of the page, in the order of the navigation. */
export const views: readonly ViewEntry[] = [
  { path: 'chart', title: 'Statechart', icon: 'chart', component: ChartView },
  { path: 'timeline', title: 'Timeline', icon: 'timeline', component: TimelineView },
  { path: 'messages', title: 'Messages', icon: 'messages', component: MessagesView },
  { path: 'health', title: 'Health', icon: 'health', component: HealthView },
]
