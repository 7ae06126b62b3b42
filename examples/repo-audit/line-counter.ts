export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/** Gives the position of offsets that are asked for in rising order: one pass over the text for all of them. */
export function lineCounter(text: string): (offset: number) => Position {
  let line = 1
  let start = 0
  let feed = text.indexOf('\n')
  return (offset) => {
    while (feed !== -1 && feed < offset) {
      line += 1
      start = feed + 1
      feed = text.indexOf('\n', start)
    }
    return { line, column: offset - start + 1 }
  }
}
