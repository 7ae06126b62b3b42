/** Where a command writes: results to `out`, diagnostics to `err`, a line at a time without its line feed. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
}

/** Control characters other than line feed and tab: names from a foreign file must not drive the reader's terminal. */
const controls = /[^\P{Cc}\n\t]/gu

function printable(text: string): string {
  return text.replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The process's own streams. A reader that went away (`| head`) ends the process quietly instead of crashing it. */
export function processTerminal(): Terminal {
  const quiet = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  }
  process.stdout.on('error', quiet)
  process.stderr.on('error', quiet)
  return {
    out: (line) => process.stdout.write(`${printable(line)}\n`),
    err: (line) => process.stderr.write(`${printable(line)}\n`),
  }
}
