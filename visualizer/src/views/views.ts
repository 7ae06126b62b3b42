import { HealthView } from './health/health-view.tsx'
import { InboxView, openQuestionsIn } from './inbox/inbox-view.tsx'
import { QueueView } from './queue/queue-view.tsx'
import { ResourcesView } from './resources/resources-view.tsx'
import { TaskPage } from './task/task-view.tsx'
import { TasksView } from './tasks/tasks-view.tsx'
import type { ViewEntry } from './view-entry.ts'

/** Every view of the page, in the order of the navigation. */
export const views: readonly ViewEntry[] = [
  { path: 'tasks', title: 'Tasks', icon: 'tasks', component: TasksView },
  { path: 'task', title: 'Task', icon: 'tasks', component: TaskPage, isHidden: true },
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
