const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One press of Ctrl-C can arrive twice: from the terminal, and once more from npm. */
const samePressMs = 300

/**
 * Calls back once, on the first signal that asks the process to end; at a second one, `again` is called.
 * @returns a function that ends it.
 */
export function onInterrupt(first: (signal: string) => void, again: () => void): () => void {
  let at: number | null = null
  const listener = (signal: string): void => {
    const now = performance.now()
    if (at === null) {
      at = now
      first(signal)
    } else if (now - at > samePressMs) {
      again()
    }
  }
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
