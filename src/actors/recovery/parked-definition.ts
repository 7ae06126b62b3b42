import { z } from 'zod'
import type { RetryPolicy, TaskDefinition } from '../../model/definition.ts'
import { NonRetryableError } from '../../model/errors.ts'
import type { TaskHistory } from './task-history.ts'

const once: RetryPolicy = { attempts: 1, backoffMs: 0, factor: 1, maxBackoffMs: 0, jitter: false }

/** Stands in for a definition that is gone, so that its tasks can be seen and cancelled. Nothing of it ever runs. */
export function parkedDefinition({ type, version, kind, priority }: TaskHistory): TaskDefinition {
  return {
    type,
    kind,
    version,
    description: '',
    input: z.unknown(),
    output: z.unknown(),
    priority,
    timeoutMs: null,
    heartbeatMs: null,
    retry: once,
    rollbackRetry: once,
    rollbackTimeoutMs: 0,
    graceMs: 0,
    concurrency: null,
    maxOutputBytes: null,
    hooks: {},
    onCrash: 'retry',
    crashLimit: 1,
    uses: [],
    demandOf: () => null,
    estimateMsOf: () => null,
    handler: {
      form: 'function',
      run: () => {
        throw new NonRetryableError(`no definition of ${type} version ${version} is known`)
      },
    },
  }
}
