import { runProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

const interrupt = new AbortController()
// once: a second Ctrl-C ends the process by force
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())

// no process.exit: output to a pipe is still being written
process.exitCode = await runProgram(process.argv.slice(2), { terminal: processTerminal(), signal: interrupt.signal })
