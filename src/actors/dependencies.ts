import type { Failure } from '../model/errors.ts'
import type { TaskOutcome } from '../model/outcome.ts'
import type { TaskActorLogic } from './task-actor.ts'

function dependencyFailed(dependency: TaskActorLogic, status: TaskOutcome['status']): Failure {
  return {
    code: 'DEPENDENCY_FAILED',
    message: `the task ${dependency.id} that it waits for was ${status}`,
    retryable: false,
  }
}

/** Makes `task` wait for those of `dependencies` that have not ended; one that ended badly cancels it. */
export function awaitDependencies(task: TaskActorLogic, dependencies: readonly TaskActorLogic[]): void {
  for (const dependency of dependencies) {
    if (dependency.outcome) continue
    dependency.dependents ??= []
    dependency.dependents.push(task)
    task.unmetDependencies += 1
  }
}

/** The failure of a task some of whose dependencies had ended badly before it came. */
export function failedBefore(dependencies: readonly TaskActorLogic[]): Failure | null {
  for (const dependency of dependencies) {
    const { outcome } = dependency
    if (outcome && outcome.status !== 'completed') return dependencyFailed(dependency, outcome.status)
  }
  return null
}

/** A task has ended: those that wait for it come one nearer to their turn, or are cancelled. */
export function releaseDependents(
  ended: TaskActorLogic,
  status: TaskOutcome['status'],
  met: (task: TaskActorLogic) => void,
): void {
  const { dependents } = ended
  ended.dependents = null
  for (const task of dependents ?? []) {
    if (status !== 'completed') {
      task.cancel(dependencyFailed(ended, status))
      continue
    }
    task.unmetDependencies -= 1
    if (task.unmetDependencies === 0) met(task)
  }
}
