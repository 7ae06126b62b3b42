import { RefusedError } from '../../model/errors.ts'
import type { TaskHandle } from '../../runtime/handle.ts'
import type { Operation } from './scenario.ts'
import { faultOf } from './scenario.ts'
import type { SimulatedHost } from './simulated-host.ts'

function ignore(): void {
  // What is refused is refused: the checks look at what was accepted.
}

/** Does to the runtime what the scenario says. */
export async function perform(operation: Operation, run: SimulatedHost): Promise<void> {
  const { process, world, disk } = run
  const { runtime, clock } = process
  if (!runtime || !process.isAlive) return
  const later = (ms: number, then: () => void) =>
    clock.setTimeout(() => {
      if (process.isAlive) then()
    }, ms)
  const fault = faultOf(operation)
  if (fault !== null && fault !== 'crash' && fault !== 'storeFull' && fault !== 'syncFails') world.faults[fault] += 1
  switch (operation.type) {
    case 'submit':
      return submit(operation, run)
    case 'cancel':
      run.handleOf(operation.task)?.cancel('by the simulation').catch(ignore)
      return
    case 'pauseTask': {
      const handle = run.handleOf(operation.task)
      handle?.pause()
      later(operation.forMs, () => handle?.resume())
      return
    }
    case 'pauseAll':
      runtime.pause()
      later(operation.forMs, () => runtime.resume())
      return
    case 'resize':
      runtime.resize('slots', operation.capacity).catch(ignore)
      return
    case 'drain':
      runtime.drain().catch(ignore)
      later(operation.forMs, () => runtime.resume())
      return
    case 'stop':
      return stop(operation.graceMs, run)
    case 'crash':
      process.kill()
      return run.restart(operation.downMs, operation.skewMs)
    case 'jump':
      clock.jump(operation.ms)
      return
    case 'full':
      disk.full = clock.now() + operation.forMs
      return
    case 'eio':
      disk.failing = clock.now() + operation.forMs
      return
    case 'message':
      return sendOddly(operation, run)
    case 'actorCrash': {
      const tasks = operation.isEpidemic ? [...run.acknowledged.submitted.keys()] : [operation.task]
      for (const task of tasks) crashActor(run.handleOf(task))
      return
    }
    case 'answer':
      run.handleOf(operation.task)?.answer('yes').catch(ignore)
  }
}

/** A message without its content: what a defect of the runtime would do to the actor. */
function crashActor(handle: TaskHandle | undefined): void {
  if (handle?.view().activity === 'running') handle.actor.send({ type: 'handler.failed', epoch: epochOf(handle.actor) })
}

async function submit(operation: Extract<Operation, { type: 'submit' }>, run: SimulatedHost): Promise<void> {
  const { process, acknowledged, world } = run
  const { runtime, clock } = process
  if (!runtime) return
  const { definition, plan, priority, principal, after, delayMs, deadlineMs, task } = operation
  const before = after === null ? undefined : acknowledged.submitted.get(after)
  const options = {
    priority,
    principal,
    ...(before !== undefined && { after: [before] }),
    ...(delayMs !== null && { delay: delayMs }),
    ...(deadlineMs !== null && { deadlineAt: clock.now() + deadlineMs }),
  }
  runtime.submit(definition, plan, options).then(
    (handle) => {
      if (!process.isAlive) return
      acknowledged.submitted.set(task, handle.id)
      if (!run.disk.has(handle.id)) world.violated('R4', `${handle.id} was acknowledged before it was on the disk`)
      run.watch(handle)
    },
    (refusal: unknown) => {
      if (!(refusal instanceof RefusedError)) world.violated('R2', `a submission was met with ${String(refusal)}`)
      else if (process.isAlive && refusal.code === 'STORE_UNAVAILABLE' && runtime.state === 'running')
        world.violated('R2', 'a submission was refused for a trouble of the store that is over')
    },
  )
}

/** Stops in good order, and starts again. */
async function stop(graceMs: number, run: SimulatedHost): Promise<void> {
  const { process, world } = run
  const { runtime, clock } = process
  if (!runtime) return
  let isStopped = false
  const end = () => {
    isStopped = true
  }
  // A store that cannot be written is no reason not to stop.
  runtime.stop({ grace: graceMs }).then(end, end)
  const until = clock.now() + graceMs + 60_000
  await clock.settle()
  while (process.isAlive && !isStopped) {
    const at = clock.nextAt()
    if (at === null || at > until) break
    await clock.step()
  }
  if (process.isAlive && !isStopped) world.violated('R2', 'the runtime does not stop within its grace')
  if (!process.isAlive) return
  process.end()
  await run.restart(10)
}

function epochOf(actor: { getSnapshot(): unknown }): number {
  const snapshot = actor.getSnapshot()
  if (typeof snapshot !== 'object' || snapshot === null || !('context' in snapshot)) return 0
  const { context } = snapshot
  return typeof context === 'object' && context !== null && 'epoch' in context ? Number(context.epoch) : 0
}

function stateOf(actor: { getSnapshot(): unknown }): string {
  const snapshot = actor.getSnapshot()
  return typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot ? JSON.stringify(snapshot.value) : ''
}

const failure = { code: 'LEASE_LOST', message: 'said by a message of an older epoch', retryable: true } as const
const output = 'of another epoch'

/** Messages as a transport may bring them: once more, of an older epoch, or before their time. */
function sendOddly({ how, task }: Extract<Operation, { type: 'message' }>, run: SimulatedHost): void {
  const handle = run.handleOf(task)
  // One that has ended answers nobody.
  if (!handle || handle.view().endedAt !== null) return
  const { actor } = handle
  const epoch = epochOf(actor)
  const before = stateOf(actor)
  const old = Math.max(0, epoch - 1)
  const messages = {
    // The answer to an allocation comes a second time.
    duplicate: [
      { type: 'allocation.ready', epoch: old },
      { type: 'handler.started', epoch: old },
    ],
    stale: [
      { type: 'handler.completed', epoch: old, output },
      { type: 'handler.failed', epoch: old, failure },
      { type: 'lease.lost', epoch: old, failure },
      { type: 'timeout', epoch: old, failure },
      { type: 'grace.expired', epoch: old },
    ],
    // Its attempt has not begun yet.
    reordered: [
      { type: 'handler.completed', epoch: epoch + 1, output },
      { type: 'output.accepted', epoch: epoch + 1, output },
    ],
  }[how]
  for (const message of messages) actor.send(message)
  if (stateOf(actor) !== before) run.world.violated('R5', `${how} messages moved ${handle.id} from ${before}`)
}
