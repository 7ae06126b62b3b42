import type { WaitReason } from '../scheduling/wait-reason.ts'

/** Why a task waits, without the names of tasks that may not be read. */
export function readableReason(reason: WaitReason, isReadable: (taskId: string) => boolean): WaitReason {
  const { unmet, behind, message } = reason
  const hidesBehind = behind !== null && !isReadable(behind.taskId)
  return {
    ...reason,
    unmet: unmet.map((demand) => ({ ...demand, holders: demand.holders.filter(isReadable) })),
    behind: hidesBehind ? { ...behind, taskId: '' } : behind,
    message: hidesBehind ? message.replaceAll(behind.taskId, 'of somebody else') : message,
  }
}
