import type { TaskOutcome } from '../../model/outcome.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { HostProcess } from './simulated-process.ts'
import type { SimulatedDisk } from './simulated-store.ts'
import type { World } from './world.ts'

/** What the callers of the runtime were told: it must hold over every crash. */
export interface Acknowledged {
  readonly submitted: Map<number, string>
  readonly outcomes: Map<string, TaskOutcome['status']>
}

/** The machine on which processes of the host follow each other. */
export interface SimulatedHost {
  readonly world: World
  readonly disk: SimulatedDisk
  readonly acknowledged: Acknowledged
  readonly process: HostProcess
  /** Another process on the same disk, `downMs` after this one, its clock off by `skewMs`. */
  restart(downMs: number, skewMs?: number): Promise<void>
  /** The handle of the n-th submitted task, if it was acknowledged. */
  handleOf(task: number): TaskHandle | undefined
  /** Remembers what the caller of a task is told of its end. */
  watch(handle: TaskHandle): void
}
