import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What must not outlive the benchmark. Servers run in process groups of their own, so that Ctrl-C reaches only us and
 * they are stopped in order; an error that nobody caught takes the same way out.
 */
const open = new Set<AsyncDisposableStack>()
let leaving = false

/** Gives `body` a stack that is disposed of when it has ended, and also when the benchmark is interrupted. */
export async function withCleanup<Result>(body: (stack: AsyncDisposableStack) => Promise<Result>): Promise<Result> {
  if (leaving) throw new Error('the benchmark was interrupted')
  const stack = new AsyncDisposableStack()
  open.add(stack)
  stack.defer(() => {
    open.delete(stack)
  })
  try {
    return await body(stack)
  } finally {
    await stack.disposeAsync()
  }
}

/** Closes a client when `stack` is disposed of, without waiting for ever for a server that is gone. */
export function deferClose(stack: AsyncDisposableStack, close: () => Promise<unknown>): void {
  stack.defer(async () => {
    await Promise.race([close(), sleep(5_000, undefined, { ref: false })])
  })
}

async function leave(exitCode: number): Promise<void> {
  if (leaving) return // what breaks because its server stops is no news
  leaving = true
  for (const stack of open) stack.disposeAsync().catch((error) => console.error(error))
  while (open.size > 0) await sleep(20) // a stack that was being disposed of already has nothing else to wait for
  process.exit(exitCode)
}

export function cleanUpOnInterrupt(): void {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => leave(exitCode))
  }
  process.on('uncaughtException', (error) => {
    if (!leaving) console.error(error)
    return leave(1)
  })
}
