import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../command-error.ts'
import { flag } from '../option-values.ts'
import { InspectorClient, jsonFlag, remoteFlags, remoteOptions } from '../remote/inspector-client.ts'
import { resourcesSchema, statsSchema } from '../remote/rows.ts'
import { resourceText, statsText } from '../remote/text.ts'

export const stats = defineCommand({
  name: 'stats',
  summary: 'Prints what a program that runs has counted: tasks, failures, times, resources',
  usage: '[--url <url>] [--json]',
  flags: [...remoteFlags, jsonFlag],
  notes: `Asks the inspector that the program serves (serveInspector).

Exit code 0: done; 1: nobody listens there; 2: a bad call.`,
  operands: { name: 'nothing', max: 0 },
  options: z.object({ ...remoteOptions, json: flag }),
  async run(_, { json, ...remote }, { terminal, signal }) {
    const client = new InspectorClient(remote, signal)
    const [counts, resources] = await Promise.all([
      client.read('/stats', statsSchema),
      client.read('/resources', resourcesSchema),
    ])
    if (json) terminal.out(JSON.stringify({ ...counts, resources }))
    else for (const line of [...statsText(counts), ...resourceText(resources)]) terminal.out(line)
    return exitCodes.done
  },
})
