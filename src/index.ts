export type { EventPattern, EventsOf } from './actors/event-hub.ts'
export { stopEvent } from './actors/inline-executor.ts'
export { supervisorMachine } from './machines/supervisor-machine.ts'
export { taskMachine } from './machines/task-machine.ts'
export type {
  Action,
  Authority,
  PoolResource,
  PrincipalResource,
  Resource,
  RuntimeResource,
  TaskResource,
} from './model/access.ts'
export type { AuditCheckpoint, AuditEntry, AuditLine } from './model/audit.ts'
export type {
  CrashPolicy,
  MigrationState,
  RetryInput,
  RollbackRun,
  StageHook,
  TaskContext,
  TaskDefinition,
  TaskSpec,
  ValidationVerdict,
} from './model/definition.ts'
export type { Duration } from './model/duration.ts'
export type { Clock, Environment, Ids, Random } from './model/environment.ts'
export type { Failure, FailureCode, RefusalCode } from './model/errors.ts'
export { ForbiddenError, NonRetryableError, RefusedError, TaskStoppedError, TaskwrightError } from './model/errors.ts'
export type { Changes, RuntimeEvent, TaskEvent } from './model/events.ts'
export type { ChildHandle, ChildOptions, StepOptions, StepRun } from './model/handler-parts.ts'
export type {
  CapabilitiesInput,
  FetchRequest,
  FetchResponse,
  HandlerSource,
  IsolatedTask,
  IsolationLevel,
  SandboxLimitsInput,
} from './model/isolation.ts'
export type { AcceptedTask, JournalRecord, RecordPayload } from './model/journal-record.ts'
export type { TaskKind } from './model/kind.ts'
export type { LimitsInput } from './model/limits.ts'
export type { RollbackReport, StandingEffect, TaskOutcome } from './model/outcome.ts'
export { TaskCancelledError, TaskEndedError, TaskFailedError, TaskRejectedError } from './model/outcome.ts'
export type { Principal, PrincipalAttribute, PrincipalInput } from './model/principal.ts'
export type { Priority } from './model/priority.ts'
export type { QuotasInput, QuotasOf } from './model/quotas.ts'
export type { Demand, PoolsInput, ResourceInput, ResourceUsage } from './model/resources.ts'
export type { SandboxErrorCode } from './model/sandbox-error.ts'
export { SandboxError } from './model/sandbox-error.ts'
export type { TaskStage } from './model/stage.ts'
export type { Percentiles, ResourceEfficiency, RuntimeStats, TypeStats } from './model/stats.ts'
export type { StoreErrorCode } from './model/store-error.ts'
export { StoreError } from './model/store-error.ts'
export type { SubmitOptions, TaskReference } from './model/submit-options.ts'
export type {
  ExpectedStart,
  Holder,
  PendingTimer,
  ResourceLine,
  TaskExplanation,
  UnmetCondition,
} from './model/task-explanation.ts'
export type { OpenQuestion, TaskView } from './model/task-view.ts'
export type { TraceContext } from './model/trace-context.ts'
export { createRuntime } from './runtime/create-runtime.ts'
export { defineTask } from './runtime/define-task.ts'
export type { TaskTemplate, TemplateOverride } from './runtime/define-template.ts'
export { defineTemplate } from './runtime/define-template.ts'
export { graph } from './runtime/flows/graph.ts'
export { map } from './runtime/flows/map.ts'
export { parallel } from './runtime/flows/parallel.ts'
export type { FailurePolicy, MemberOutcome } from './runtime/flows/run-members.ts'
export { FlowFailedError } from './runtime/flows/run-members.ts'
export { sequence } from './runtime/flows/sequence.ts'
export type { TaskHandle } from './runtime/handle.ts'
export { handlerFile, scriptHandler } from './runtime/handler-source.ts'
export type { IsolationOptions } from './runtime/isolation-options.ts'
export type { Runtime } from './runtime/runtime.ts'
export type { AuditOptions, RuntimeOptions, SchedulingOptions } from './runtime/runtime-options.ts'
export type { StopOptions } from './runtime/stop-options.ts'
export { createSystemEnvironment } from './runtime/system-environment.ts'
export type { TaskQuery } from './runtime/task-query.ts'
export type { VirtualEnvironment } from './runtime/virtual-environment.ts'
export { createVirtualEnvironment, VirtualClock, VirtualTimeStuckError } from './runtime/virtual-environment.ts'
export type { BackfillPolicy } from './scheduling/policies/backfill.ts'
export { easyBackfill, greedyBackfill, noBackfill } from './scheduling/policies/backfill.ts'
export type { OrderPolicy } from './scheduling/policies/order.ts'
export { agedPriority, earliestDeadline, firstInFirstOut, strictPriority } from './scheduling/policies/order.ts'
export type { SharePolicy } from './scheduling/policies/share.ts'
export { dominantResourceFairness, noShare } from './scheduling/policies/share.ts'
export type { PolicyRule } from './security/casl-policy.ts'
export { caslPolicy } from './security/casl-policy.ts'
export type { CedarModule } from './security/cedar-policy.ts'
export { cedarPolicy } from './security/cedar-policy.ts'
export type { EncryptionOptions } from './security/keyring.ts'
export type { AccessRequest, Decision, Policy } from './security/policy.ts'
export type { SecretsOptions } from './security/redactor.ts'
export { secret } from './security/secret-fields.ts'
export type { Proven, TokenOptions, TokenRequest } from './security/tokens.ts'
export { issueToken } from './security/tokens.ts'
export type { AuditBatch, AuditEnd, AuditStore } from './store/audit-store.ts'
export { MemoryStore } from './store/memory-store.ts'
export type { Store } from './store/store.ts'
