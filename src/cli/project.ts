import type { Demand } from '../model/resources.ts'

/** A piece of work of known length, after others, that holds what it demands while it runs. */
export interface Activity {
  readonly id: string
  /** In the unit of its project's file: seconds for a workflow, periods for a PSPLIB instance. */
  readonly duration: number
  /** Ids of the activities that must be complete before it starts, each once. */
  readonly after: readonly string[]
  readonly demand: Demand
}

/** Activities and the reusable resources that they share. */
export interface Project {
  readonly activities: readonly Activity[]
  /** By resource name, in its own unit. */
  readonly capacities: Readonly<Record<string, number>>
}
