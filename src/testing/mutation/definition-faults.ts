import { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { machineOf } from '../lifecycle/plain-life.ts'
import type { SuitePlan } from '../lifecycle/suite-plan.ts'
import type { Mutant, MutantKind } from './mutant.ts'

interface PolicyFault {
  readonly kind: MutantKind
  readonly what: string
  readonly change: Partial<TaskDefinition>
  /** What of the definition is taken away. */
  readonly without?: 'validate' | 'rollback'
}

/** Faults in what a definition says of its tasks, beside the handler. */
export function policyFaults(plan: SuitePlan): Mutant[] {
  const { definition } = plan
  return policyFaultsOf(plan).map(({ kind, what, change, without }) => ({
    id: `definition: ${what}`,
    place: 'definition',
    kind,
    what,
    touches: [],
    make: () => {
      const { validate, rollback, ...rest } = definition
      return {
        definition: {
          ...rest,
          ...(validate && without !== 'validate' && { validate }),
          ...(rollback && without !== 'rollback' && { rollback }),
          ...change,
        },
      }
    },
  }))
}

/** A machine that does not answer the stop is stopped on the spot. */
function usesGrace(definition: TaskDefinition): boolean {
  const machine = machineOf(definition)
  return machine === null || machine.events.includes('taskwright.stop')
}

function policyFaultsOf(plan: SuitePlan): PolicyFault[] {
  const { definition } = plan
  const { completes } = plan.abilities
  const { timeoutMs, heartbeatMs, retry, validate, rollback, output, graceMs } = definition
  const faults: PolicyFault[] = []
  const plant = (kind: MutantKind, what: string, change: Partial<TaskDefinition>): void => {
    faults.push({ kind, what, change })
  }
  if (timeoutMs !== null) {
    plant('change policy', 'it has no timeout', { timeoutMs: null })
    plant('change policy', 'its timeout is twice as long', { timeoutMs: 2 * timeoutMs })
  }
  if (heartbeatMs !== null) {
    plant('change policy', 'its silence is not noticed', { heartbeatMs: null })
    plant('change policy', 'its silence is noticed half as soon', { heartbeatMs: 2 * heartbeatMs })
  }
  if (retry.attempts > 1) plant('swap retry and fail', 'it fails at once', { retry: { ...retry, attempts: 1 } })
  plant('swap retry and fail', 'it tries once more', { retry: { ...retry, attempts: retry.attempts + 1 } })
  if (usesGrace(definition)) plant('change policy', 'its grace is twice as long', { graceMs: 2 * graceMs + 1 })
  if (plan.rehearsed.some(({ asks }) => asks)) plant('forget a demand', 'it asks for nothing', { demandOf: () => ({}) })
  if (completes && !(output instanceof z.ZodUnknown || output instanceof z.ZodAny))
    plant('drop check', 'its output is not checked', { output: z.unknown() })
  if (validate) faults.push({ kind: 'drop check', what: 'it is not validated', change: {}, without: 'validate' })
  if (rollback) faults.push({ kind: 'skip undo', what: 'its rollback is left out', change: {}, without: 'rollback' })
  return faults
}
