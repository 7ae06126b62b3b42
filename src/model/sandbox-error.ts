import { TaskwrightError } from './errors.ts'

/** Why a sandbox gave no result: it cannot be had here, a limit was reached, or it ended or misbehaved. */
export type SandboxErrorCode = 'ISOLATION_UNAVAILABLE' | 'SANDBOX_LIMIT' | 'SANDBOX_BROKEN'

/** A sandbox gave no result. Another attempt may be made only after one that just broke. */
export class SandboxError extends TaskwrightError<SandboxErrorCode> {
  get isRetryable(): boolean {
    return this.code === 'SANDBOX_BROKEN'
  }
}
