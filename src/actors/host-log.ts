import type { Logger } from 'pino'
import type { Redactor } from '../security/redactor.ts'

/** The host's log as the runtime writes to it: nothing secret gets through. */
export interface HostLog {
  error(data: Readonly<Record<string, unknown>>, message: string): void
  fatal(data: Readonly<Record<string, unknown>>, message: string): void
  info(data: Readonly<Record<string, unknown>>, message: string): void
}

export function createHostLog(logger: Logger, redactor: Redactor): HostLog {
  const line = (level: keyof HostLog) => (data: Readonly<Record<string, unknown>>, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](redactor.data(data), redactor.text(message))
  }
  return { error: line('error'), fatal: line('fatal'), info: line('info') }
}
