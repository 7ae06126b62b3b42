import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../../examples/repo-audit/main.ts', import.meta.url))

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface AuditProcess {
  readonly ended: Promise<ProcessEnd>
  kill(signal: NodeJS.Signals): void
  /** Settles when standard error so far matches. Rejects when the process ended without. */
  said(pattern: { test(text: string): boolean }): Promise<void>
}

/** The audit as a process of its own, without a terminal; and without a page, unless a port is given for it. */
export function startAudit(args: readonly string[], cwd: string): AuditProcess {
  const hidden = args.includes('--port') ? [] : ['--no-inspect']
  const child = spawn(process.execPath, ['--conditions=source', main, ...args, ...hidden], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(stderr)) resolve()
        }
        child.stderr.on('data', look)
        child.on('close', () => reject(new Error(`it ended without saying ${pattern}:\n${stderr}`)))
        look()
      }),
  }
}

export function runAuditProcess(args: readonly string[], cwd: string): Promise<ProcessEnd> {
  return startAudit(args, cwd).ended
}
