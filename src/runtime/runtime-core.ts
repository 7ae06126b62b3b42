import type { InspectionEvent } from 'xstate'
import { createActor } from 'xstate'
import { Auditor } from '../actors/auditor.ts'
import { EventHub, guarded } from '../actors/event-hub.ts'
import { createHostLog } from '../actors/host-log.ts'
import { Journal } from '../actors/journal.ts'
import { Monitor } from '../actors/monitor.ts'
import { JournalReader } from '../actors/recovery/journal-reader.ts'
import { openedRecord } from '../actors/sealing.ts'
import { Supervisor } from '../actors/supervisor.ts'
import { SupervisorActorLogic } from '../actors/supervisor-actor.ts'
import type { Submission } from '../actors/supervisor-messages.ts'
import type { TaskActorLogic } from '../actors/task-actor.ts'
import { taskResource } from '../actors/task-resource.ts'
import type { TaskServices } from '../actors/task-services.ts'
import { Timers } from '../actors/timers.ts'
import { Sandboxes } from '../isolation/sandboxes.ts'
import type { Machines } from '../machines/machines.ts'
import type { Authority } from '../model/access.ts'
import { delegated, nobody } from '../model/access.ts'
import type { TaskDefinition } from '../model/definition.ts'
import { RefusedError } from '../model/errors.ts'
import type { SupervisorStage } from '../model/events.ts'
import type { Principal } from '../model/principal.ts'
import type { SubmitOptions } from '../model/submit-options.ts'
import { Scheduler } from '../scheduling/scheduler.ts'
import { Redactor } from '../security/redactor.ts'
import type { Store } from '../store/store.ts'
import type { Accepted, Submitter } from './door.ts'
import { Door, readSubmitOptions } from './door.ts'
import { assertIsolation } from './isolation-options.ts'
import { Permissions } from './permissions.ts'
import { Registry } from './registry.ts'
import type { ResolvedAudit, ResolvedRuntimeOptions } from './runtime-options.ts'
import { Traces } from './traces.ts'

export const stopped = ['RUNTIME_STOPPED', 'the runtime has been stopped; create a new one'] as const

/** In whose name a task is submitted where nobody has to ask. */
function plainAuthority(named: Principal | undefined, { authority, isHost }: Submitter): Authority {
  if (named === undefined) return authority
  return isHost ? { principal: named, within: nobody } : delegated(named, authority)
}

/** What all faces of a runtime share: the supervisor with its tasks, pools and journal, and who may do what. */
export class RuntimeCore {
  readonly registry: Registry
  readonly #sandboxes: Sandboxes
  readonly supervisor: Supervisor
  readonly logic: SupervisorActorLogic
  readonly services: TaskServices
  readonly hub: EventHub
  readonly monitor = new Monitor()
  readonly journal: Journal
  /** `null`: nobody has to ask, and nothing is audited. */
  readonly permissions: Permissions | null
  readonly options: ResolvedRuntimeOptions
  /** `null`: nobody asked for them. */
  readonly traces: Traces | null
  readonly #door: Door
  #stopping: Promise<void> | null = null

  constructor(options: ResolvedRuntimeOptions, machines: Machines) {
    const { environment, logger, order, share, backfill, principalConcurrency, pools, store, policy, tokens } = options
    this.options = options
    this.registry = new Registry((definition) => assertIsolation(definition, options.isolation.floor))
    this.#sandboxes = new Sandboxes(options.isolation)
    const scheduler = new Scheduler({
      pools,
      now: environment.clock.now(),
      order,
      principalConcurrency,
      quotasOf: options.quotasOf,
      ...(share && { share }),
      ...(backfill && { backfill }),
    })
    const redactor = new Redactor(options.secrets)
    const log = createHostLog(logger, redactor)
    const mayHaveSecrets = store.isVolatile || options.keyring !== null || options.secrets.unencrypted === 'allow'
    this.#door = new Door({ environment, ledger: scheduler.ledger, redactor, mayHaveSecrets, limits: options.limits })
    this.#door.assertProtected(options.tasks)
    this.hub = new EventHub(log)
    this.logic = new SupervisorActorLogic(
      {
        entered: (stage: SupervisorStage) => this.supervisor.entered(stage),
        perform: (effect: string, message: Parameters<Supervisor['perform']>[1]) =>
          this.supervisor.perform(effect, message),
      },
      machines.supervisor,
    )
    const timers = new Timers(environment.clock)
    this.journal = new Journal({
      clock: environment.clock,
      timers,
      store,
      hub: this.hub,
      redactor,
      keyring: options.keyring,
      watcher: {
        failed: (error) => this.logic.send({ type: 'store.failed', error }),
        healed: () => this.logic.send({ type: 'store.healed' }),
      },
    })
    this.traces = options.traces && new Traces(options.traces.tracerProvider, (id) => this.supervisor.tasks.get(id))
    const { traces } = this
    if (traces) this.hub.on('task.*', (event) => traces.follow(event))
    this.services = {
      traces,
      machine: machines.task,
      environment,
      timers,
      journal: this.journal,
      monitor: this.monitor,
      log,
      redactor,
      limits: options.limits,
      ledger: scheduler.ledger,
      supervisor: this.logic,
      sandboxes: this.#sandboxes,
      submitChild: (parent, definition, input, childOptions, childKey) =>
        this.submit(definition, input, childOptions, {
          depth: parent.facts.depth + 1,
          authority: parent.facts.authority,
          isHost: false,
          parentId: parent.id,
          childKey,
        }),
      childOf: (parent, id) => {
        const task = this.supervisor.tasks.get(id)
        return task?.facts.parentId === parent.id ? task : undefined
      },
    }
    this.supervisor = new Supervisor(this.logic, scheduler, this.services, {
      ...options,
      ownDedupeKeys: policy !== undefined,
    })
    this.journal.auditor = options.audit && this.#createAuditor(options.audit)
    const mustAsk = policy || tokens || options.quotasOf || options.audit
    this.permissions = mustAsk
      ? new Permissions({
          policy: policy ?? null,
          clock: environment.clock,
          journal: this.journal,
          tasks: this.supervisor.tasks,
          quotas: scheduler.quotas,
          auditor: this.journal.auditor,
        })
      : null
    for (const definition of options.tasks) this.registry.add(definition)
    for (const template of options.templates) this.registry.addTemplate(template)
    this.#startActor()
  }

  #createAuditor({ store, origin, key, every, onCheckpoint }: ResolvedAudit): Auditor {
    const { environment, redactor, log } = this.services
    return new Auditor({
      store,
      clock: environment.clock,
      redactor,
      origin,
      key,
      every,
      onCheckpoint: (note) => guarded(() => onCheckpoint(note), log, 'onCheckpoint'),
      whenDurable: (then) => this.journal.whenDurable(then),
    })
  }

  #startActor(): void {
    const { environment, inspect } = this.options
    const { log } = this.services
    const actor = createActor(this.logic, {
      id: 'supervisor',
      input: undefined,
      clock: environment.clock,
      ...(inspect && {
        inspect: (event: InspectionEvent) =>
          guarded(() => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)), log, 'inspect'),
      }),
      logger: (...line) => log.info({ line }, 'xstate'),
    })
    // A crash of the supervisor itself must not surface as an uncaught error of the host.
    actor.subscribe({ error: (error) => log.fatal({ err: error }, 'the supervisor crashed') })
    actor.start()
  }

  /** Takes up what an earlier process has left in the store, then starts the supervisor. */
  async start(store: Store): Promise<void> {
    if (this.journal.keepsState) {
      const { ledger } = this.supervisor.scheduler
      const { clock } = this.services.environment
      const reader = new JournalReader(ledger.budgets, clock.now() - ledger.refillMs)
      for await (const records of store.load())
        for (const record of records) reader.read(openedRecord(record, this.options.keyring))
      reader.finish()
      this.journal.continueAfter(reader.lastSeq)
      this.#door.continueAfter(reader.lastOrder)
      await this.supervisor.recover(reader, this.registry)
    }
    await this.#startAudit()
    this.logic.send({ type: 'supervisor.start' })
  }

  /** Before anything happens. @throws StoreError if the audit log cannot be read */
  async #startAudit(): Promise<void> {
    const { auditor } = this.journal
    if (auditor === null) return
    await auditor.open()
    auditor.did('start', { policy: this.options.policy?.name ?? null })
  }

  get state(): SupervisorStage {
    return this.logic.stage
  }

  now(): number {
    return this.services.environment.clock.now()
  }

  async submit(
    definition: TaskDefinition,
    input: unknown,
    options: SubmitOptions | undefined,
    by: Submitter,
  ): Promise<TaskActorLogic> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const { permissions } = this
    const read = readSubmitOptions(options)
    const traceContext = this.traces?.carried(read.traceContext, by.parentId) ?? read.traceContext
    const authority = permissions?.authorityFor(read.principal, by) ?? plainAuthority(read.principal, by)
    permissions?.countSubmission(authority)
    const accepted = await this.#door.read(definition, input, { ...read, traceContext }, { ...by, authority })
    const rule = permissions?.authoriseSubmission(authority, accepted) ?? null
    if (this.registry.learn(definition) && this.supervisor.hasParked) await this.supervisor.learned()
    // An asynchronous schema takes its time, and a stopped supervisor answers nobody.
    if (this.logic.stage === 'stopped') throw new RefusedError(...stopped)
    return this.#accept(accepted, rule)
  }

  /** A task that has ended, once more, in the name that it was submitted in. */
  /** @param inherits what the new task need not do again; `null`: it begins at the start */
  async submitAgain({ facts, progress }: TaskActorLogic, inherits: Submission['inherits']): Promise<TaskActorLogic> {
    if (this.state === 'stopped') throw new RefusedError(...stopped)
    const again = { facts: this.#door.again(facts), priority: progress.priority, whenFull: 'refuse' as const }
    return this.#accept(again, this.permissions?.authoriseSubmission(facts.authority, again) ?? null, inherits)
  }

  #accept(
    { facts: read, priority, whenFull }: Accepted,
    rule: string | null,
    inherits: Submission['inherits'] = null,
  ): Promise<TaskActorLogic> {
    const ruled = rule === null ? read : { ...read, rule }
    const facts = this.traces?.begin(ruled) ?? ruled
    const { permissions } = this
    const { authority, parentId } = facts
    return new Promise((resolve, reject) => {
      const refused = (error: Error) => {
        this.traces?.drop(facts.id)
        if (permissions && error instanceof RefusedError && error.code === 'QUOTA_EXCEEDED')
          permissions.overQuota(authority, taskResource(facts, priority), error)
        reject(error)
      }
      const accepted = (task: TaskActorLogic) => {
        // Another task has its key.
        if (task.id !== facts.id) this.traces?.drop(facts.id)
        resolve(task)
      }
      const reply = { accepted, refused }
      const submission = { facts, priority, parentId, whenFull, inherits, reply }
      this.logic.send({ type: 'task.submit', submission })
    })
  }

  stop(graceMs: number, unfinished: 'cancel' | 'keep'): Promise<void> {
    this.#stopping ??= this.#stop(graceMs, unfinished)
    return this.#stopping
  }

  async #stop(graceMs: number, unfinished: 'cancel' | 'keep'): Promise<void> {
    const done = new Promise<void>((resolve) => this.supervisor.whenStopped(resolve))
    this.logic.send({ type: 'stop', graceMs, unfinished })
    await done
    this.services.timers.stop()
    await this.#sandboxes.close()
    this.permissions?.close(new RefusedError(...stopped))
    await this.journal.close()
    this.journal.auditor?.tell()
  }
}
