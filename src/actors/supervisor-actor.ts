import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from 'xstate'
import type { Configuration, Step } from '../machines/compiled-machine.ts'
import type { SupervisorEngine, SupervisorSnapshot } from '../machines/supervisor-engine.ts'
import type { SupervisorMachineContext, SupervisorMachineEvent } from '../machines/supervisor-machine.ts'
import { initialSupervisorContext, supervisorMachine } from '../machines/supervisor-machine.ts'
import type { SupervisorStage } from '../model/events.ts'
import type { SupervisorMessage } from './supervisor-messages.ts'

type Scope = ActorScope<SupervisorSnapshot, SupervisorMessage>
type SupervisorStep = Step<SupervisorMachineContext, SupervisorMachineEvent, SupervisorSnapshot>

/** Who gives the supervisor machine's effects a meaning. */
export interface SupervisorPerformer {
  entered(stage: SupervisorStage): void
  perform(effect: string, message: SupervisorMessage): void
}

const stages: ReadonlyMap<string, SupervisorStage> = new Map(
  (['starting', 'running', 'paused', 'degraded', 'draining', 'stopping', 'stopped'] as const).map((stage) => [
    stage,
    stage,
  ]),
)

/** The root of a runtime's actor system: runs the supervisor machine from its tables. */
export class SupervisorActorLogic implements ActorLogic<SupervisorSnapshot, SupervisorMessage, undefined> {
  readonly #performer: SupervisorPerformer
  readonly #machine: SupervisorEngine
  #at: Configuration<SupervisorMachineContext, SupervisorMachineEvent, SupervisorSnapshot>
  #actor: AnyActorRef | null = null

  constructor(performer: SupervisorPerformer, machine: SupervisorEngine) {
    this.#performer = performer
    this.#machine = machine
    this.#at = machine.initial
  }

  get stage(): SupervisorStage {
    return stages.get(this.#at.stage) ?? 'starting'
  }

  /** The parent of every task's actor. */
  get actor(): AnyActorRef {
    if (!this.#actor) throw new Error('the supervisor has no actor yet')
    return this.#actor
  }

  /** Messages to a supervisor that has stopped change nothing. */
  send(message: SupervisorMessage): void {
    if (!this.#at.isFinal) this.actor.send(message)
  }

  getInitialSnapshot(scope: Scope): SupervisorSnapshot {
    this.#actor = scope.self
    return this.#machine.start(initialSupervisorContext)
  }

  /** Plain data, as XState persists it. */
  getPersistedSnapshot(snapshot: SupervisorSnapshot): Snapshot<unknown> {
    return supervisorMachine.getPersistedSnapshot(snapshot)
  }

  transition(snapshot: SupervisorSnapshot, message: SupervisorMessage, scope: Scope): SupervisorSnapshot {
    const step = this.#machine.step(this.#at, snapshot.context, message)
    if (!step) return snapshot
    this.#at = step.to
    scope.defer(() => this.#act(step, message))
    return step.snapshot
  }

  #act(step: SupervisorStep, message: SupervisorMessage): void {
    if (step.from !== step.to) this.#performer.entered(this.stage)
    for (const effect of step.effects) this.#performer.perform(effect, message)
  }
}
