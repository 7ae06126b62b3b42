/** A terminal that a view can be drawn on, over what it drew before. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  draw(lines: readonly string[]): void
  /** Leaves what was drawn last, and the cursor below it. */
  end(): void
}

/** Where a command writes: results to `out`, diagnostics to `err`, a line at a time without its line feed. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** `null`: what is written goes to a file or another program. */
  readonly screen?: Screen | null
}

/** Control characters other than line feed and tab: names from a foreign file must not drive the reader's terminal. */
const controls = /[^\P{Cc}\n\t]/gu

function printable(text: string): string {
  return text.replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const sequence = '\u001b['

/** Draws line by line over the last view, in one write: what stays the same does not flicker. */
function screenOn(stream: NodeJS.WriteStream): Screen {
  let drawn = 0
  // A terminal that does not know its size says 0.
  const width = () => stream.columns || 80
  return {
    get columns() {
      return width()
    },
    get rows() {
      return stream.rows || 24
    },
    draw(lines) {
      const up = drawn > 0 ? `${sequence}${drawn}A` : ''
      const text = lines.map((line) => `${printable(line).slice(0, width() - 1)}${sequence}K\n`).join('')
      stream.write(`${sequence}?25l\r${up}${text}${sequence}J`)
      drawn = lines.length
    },
    end() {
      if (drawn > 0) stream.write(`${sequence}?25h`)
      drawn = 0
    },
  }
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
    screen: process.stdout.isTTY ? screenOn(process.stdout) : null,
  }
}
