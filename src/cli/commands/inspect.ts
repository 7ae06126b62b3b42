import { z } from 'zod'
import { serveJournal } from '../../inspector/serve-inspector.ts'
import type { RuntimeEvent } from '../../model/events.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { wholeNumber } from '../option-values.ts'
import { asBadFile } from '../store/bad-file.ts'
import { inspectStore, storedRecords } from '../store/open-file.ts'

const notes = `Opens a journal that no runtime uses at the moment, and serves a page of everything that happened; nothing can be
changed from there. It is served to this machine only, until it is interrupted.

Exit code 0: interrupted; 1: the port is taken; 2: a bad call, or the file is no store of tasks.`

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Shows the journal of a store, after the fact, as a page',
  usage: '<file> [--port <n>] [--events <n>]',
  flags: [
    { flags: '--port [n]', description: 'where to serve it (default: a port that is free)' },
    { flags: '--events [n]', description: 'how many of the last events can be replayed (default: 200000)' },
  ],
  notes,
  operands: { name: 'file', max: 1 },
  options: z.object({
    port: wholeNumber(0, 65_535).default(0),
    events: wholeNumber(1_000, 10_000_000).default(200_000),
  }),
  async run([path = ''], { port, events }, { terminal, signal }) {
    const happened: RuntimeEvent[] = []
    const read = inspectStore(path, (file) => {
      for (const { event } of storedRecords(file)) happened.push(event)
    })
    await asBadFile(path, read)
    const inspector = await serveJournal(happened, { port, keepEvents: events })
    terminal.out(`${path}: ${happened.length} events, at ${inspector.url}`)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await inspector.close()
    return exitCodes.done
  },
})
