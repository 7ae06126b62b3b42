import { setImmediate } from 'node:timers/promises'
import { defineTask, graph } from 'taskwright'
import { z } from 'zod'
import { findDuplicates } from './duplicates.ts'
import { duplicatesSchema, findingsSchema, licenceClueSchema, licencesSchema, sourceFileSchema } from './findings.ts'
import { gather, measuredSchema } from './gather.ts'
import { judgeLicences } from './licences.ts'
import type { TokenShelf } from './token-shelf.ts'
import { workThrough } from './work-through.ts'

/** The analyst's conclusions over all batches: duplicates and licences side by side, then everything together. */
export function defineConclusionTasks(shelf: TokenShelf) {
  const duplicates = defineTask({
    type: 'conclude.duplicates',
    kind: 'analysis',
    description: 'Compares all code with all other code.',
    input: z.object({ compared: z.array(sourceFileSchema), leftOut: z.number() }),
    output: duplicatesSchema,
    demand: { slots: 1, cpu: 1, memory: 64 },
    async run(task, { compared: files, leftOut }) {
      const gone = files.filter((file) => shelf.get(file) === undefined)
      await workThrough(task, gone, (file) => shelf.cut(file))
      const sources = files.flatMap((file) => {
        const tokens = shelf.get(file)
        return tokens ? [{ name: file.name, tokens }] : []
      })
      const search = findDuplicates(sources, leftOut)
      let compared = 0
      for (let found = search.next(); ; found = search.next()) {
        if (found.done) return found.value
        task.signal.throwIfAborted()
        compared += 1
        task.progress(compared / sources.length, `${compared} of ${sources.length} files compared`)
        await setImmediate()
      }
    },
  })

  const licences = defineTask({
    type: 'conclude.licences',
    kind: 'analysis',
    description: 'Tells each package’s licence, and whether its texts agree.',
    input: z.array(z.array(licenceClueSchema)),
    output: licencesSchema,
    demand: { slots: 1, cpu: 1 },
    run: (_task, clues) => judgeLicences(clues.flat()),
  })

  const findings = defineTask({
    type: 'conclude.findings',
    kind: 'processing',
    description: 'Puts together what was measured and concluded.',
    input: z.object({ measured: measuredSchema, duplicates: duplicatesSchema, licences: licencesSchema }),
    output: findingsSchema,
    demand: { slots: 1, cpu: 1, memory: 16 },
    run: (_task, input) => gather(input.measured, input.duplicates, input.licences),
  })

  return {
    members: [duplicates, licences, findings],
    conclude: graph({
      type: 'conclude',
      input: measuredSchema,
      nodes: (node) => ({
        duplicates: node(duplicates, { input: ({ input }) => ({ compared: input.compared, leftOut: input.leftOut }) }),
        licences: node(licences, { input: ({ input }) => input.clues }),
        findings: node(findings, {
          after: { duplicates, licences },
          input: ({ input, duplicates, licences }) => ({ measured: input, duplicates, licences }),
        }),
      }),
    }),
  }
}
