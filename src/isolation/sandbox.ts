import type { IsolatedHandler } from '../model/isolation.ts'
import type { SandboxError } from '../model/sandbox-error.ts'

/** A sandbox as its session knows it: texts go in and come out. */
export interface Sandbox {
  send(text: string): void
  /** Its handler has ended: it may be used again. */
  release(): void
  /** Ends it at once, whatever it does. */
  kill(): void
  /** What it has used up to now, or up to its end. */
  usage(): { readonly cpuMs: number; readonly memoryBytes: number }
}

export interface SandboxListener {
  message(text: string): void
  /** It is gone, or no longer to be believed. */
  ended(error: SandboxError): void
}

/** Starts a sandbox. @throws (rejects) SandboxError `ISOLATION_UNAVAILABLE` with what is missing */
export type OpenSandbox = (handler: IsolatedHandler, listener: SandboxListener) => Promise<Sandbox>
