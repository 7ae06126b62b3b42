import { activityOf } from './life-walks.ts'
import type { World } from './world.ts'

/** Beyond this many signs of life a timeout is not waited for. */
const mostHeartbeats = 500

/** Lets the time of an attempt run out, with signs of life all along. @returns false if it has none, or one too long */
export async function overrun({ environment, pilot, surroundings, root }: World): Promise<boolean> {
  const { timeoutMs, heartbeatMs } = surroundings.subject
  if (timeoutMs === null) return false
  const beat = heartbeatMs === null ? timeoutMs : heartbeatMs / 2
  if (beat <= 0 || timeoutMs / beat > mostHeartbeats) return false
  const until = environment.clock.now() + timeoutMs
  while (environment.clock.now() < until && activityOf(root.model.value) === 'running') {
    pilot.actions?.heartbeat()
    await environment.clock.advance(beat)
  }
  return true
}
