import { ChartView } from './chart/chart-view.tsx'
import { HealthView } from './health/health-view.tsx'
import { InboxView, openQuestionsIn } from './inbox/inbox-view.tsx'
import { MessagesView } from './messages/messages-view.tsx'
import { QueueView } from './queue/queue-view.tsx'
import { ResourcesView } from './resources/resources-view.tsx'
import { TaskPage } from './task/task-view.tsx'
import { TasksView } from './tasks/tasks-view.tsx'
import { TimelineView } from './timeline/timeline-view.tsx'
import type { ViewEntry } from './view-entry.ts'

/** Every view of the page, in the order of the navigation. */
export const views: readonly ViewEntry[] = [
  { path: 'tasks', title: 'Tasks', icon: 'tasks', component: TasksView },
  { path: 'task', title: 'Task', icon: 'tasks', component: TaskPage, isHidden: true },
  { path: 'chart', title: 'Statechart', icon: 'chart', component: ChartView },
  { path: 'timeline', title: 'Timeline', icon: 'timeline', component: TimelineView },
  { path: 'messages', title: 'Messages', icon: 'messages', component: MessagesView },
  {
    path: 'queue',
    title: 'Queue',
    icon: 'queue',
    component: QueueView,
    count: ({ view }) => view.byStage.queued,
  },
  { path: 'resources', title: 'Resources', icon: 'resources', component: ResourcesView },
  { path: 'inbox', title: 'Inbox', icon: 'inbox', component: InboxView, count: openQuestionsIn, isUrgent: true },
  { path: 'health', title: 'Health', icon: 'health', component: HealthView },
]
