export type { Machines } from '../machines/machines.ts'
export { ownMachines } from '../machines/machines.ts'
export type { SupervisorEngine, SupervisorTables } from '../machines/supervisor-engine.ts'
export { compileSupervisor, supervisorTables } from '../machines/supervisor-engine.ts'
export type { TaskEngine, TaskTables } from '../machines/task-engine.ts'
export { compileTask, taskTables } from '../machines/task-engine.ts'
export type { LifecycleCase } from './lifecycle/case-runner.ts'
export { coverageHtml } from './lifecycle/coverage-html.ts'
export type {
  CoverageItem,
  CoverageKind,
  CoverageReport,
  CutOff,
  DrawnChart,
  DrawnState,
  DrawnTransition,
} from './lifecycle/coverage-report.ts'
export { coveredShare, thresholdProblems } from './lifecycle/coverage-report.ts'
export { coverageJson, coverageText } from './lifecycle/coverage-text.ts'
export { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
export type { FaultName } from './lifecycle/faults.ts'
export { faultNames } from './lifecycle/faults.ts'
export { lifecycleCases } from './lifecycle/lifecycle-cases.ts'
export { LifecycleError } from './lifecycle/lifecycle-error.ts'
export type { CheckPoint, CoverageGoal, CoverageThresholds, LifecycleOptions } from './lifecycle/lifecycle-options.ts'
export type { LifecycleSuite, Subject } from './lifecycle/lifecycle-suite.ts'
export type { FaultCounts, FaultKind } from './simulation/faults.ts'
export { faultKinds } from './simulation/faults.ts'
export type { SeedReport } from './simulation/run-seed.ts'
export { runSeed } from './simulation/run-seed.ts'
export { shrink } from './simulation/shrink.ts'
export type { FailedSeed, SimulationOptions, SimulationReport } from './simulation/simulate.ts'
export { simulate } from './simulation/simulate.ts'
export type { StoreCase, StoreCaseOptions, StorePlace } from './store-cases.ts'
export { storeCases } from './store-cases.ts'
