import type { TraceContext } from '../model/trace-context.ts'

/** What tasks know of tracing. */
export interface TaskTraces {
  /** Of the attempt that executes, else of the task; `null`: nothing is known of it. */
  contextOf(taskId: string): TraceContext | null
  /** Spans that are begun in it belong to the attempt of the task. */
  within<Result>(taskId: string, run: () => Result): Result
}
