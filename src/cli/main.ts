import { exitCodes } from './command-error.ts'
import { runProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

/** npx passes a Ctrl-C on that the terminal has sent already: two within this time are one. */
const sameInterruptMs = 500

const interrupt = new AbortController()
let interruptedAt = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!interrupt.signal.aborted) {
      interruptedAt = performance.now()
      interrupt.abort()
    } else if (performance.now() - interruptedAt > sameInterruptMs) {
      // whoever asks again does not want to wait for the rollback
      process.exit(exitCodes.interrupted)
    }
  })
}

// no process.exit: output to a pipe is still being written
process.exitCode = await runProgram(process.argv.slice(2), { terminal: processTerminal(), signal: interrupt.signal })
