import type { Holder, ResourceLine, TaskExplanation, UnmetCondition } from '../../model/task-explanation.ts'

type MayRead = (taskId: string) => boolean

function readable(holders: readonly Holder[], mayRead: MayRead): readonly Holder[] {
  return holders.filter(({ taskId }) => mayRead(taskId))
}

/** A task that may not be read is not named, as a holder or as one that goes first. */
function readableCondition(condition: UnmetCondition, mayRead: MayRead): UnmetCondition {
  switch (condition.kind) {
    case 'resource':
      return { ...condition, holders: readable(condition.holders, mayRead) }
    case 'dependency':
      return mayRead(condition.taskId) ? condition : { ...condition, taskId: '' }
    case 'turn':
      return mayRead(condition.behind) ? condition : { ...condition, behind: '' }
    default:
      return condition
  }
}

export function readableExplanation(explanation: TaskExplanation, mayRead: MayRead): TaskExplanation {
  const { conditions } = explanation
  return { ...explanation, conditions: conditions.map((condition) => readableCondition(condition, mayRead)) }
}

export function readableLine(line: ResourceLine, mayRead: MayRead): ResourceLine {
  return {
    ...line,
    holders: readable(line.holders, mayRead),
    waiting: line.waiting.filter(({ taskId }) => mayRead(taskId)),
  }
}
