import type { TaskContext } from 'taskwright'
import { defineTask, parallel } from 'taskwright'
import { z } from 'zod'
import { addComplexity, measureComplexity, summarise } from './complexity.ts'
import type { Batch, SourceFile } from './findings.ts'
import { batchSchema, complexitySchema, fileSizeSchema, licenceClueSchema, secretSchema } from './findings.ts'
import { languageOf } from './languages.ts'
import type { Library } from './library.ts'
import { findLicenceClues } from './licences.ts'
import { findSecrets } from './secrets.ts'
import { measureSize } from './size.ts'
import type { TokenShelf } from './token-shelf.ts'
import { workThrough } from './work-through.ts'

/** The tasks of the analyst and of security: each measures one thing in one batch. They go before further reading. */
export function defineAnalysisTasks(library: Library, shelf: TokenShelf) {
  const eachText = async <Result>(
    task: TaskContext,
    files: Batch['files'],
    measure: (file: SourceFile, text: string) => Result | Promise<Result>,
  ): Promise<Result[]> => {
    const results = await workThrough(task, files, async (file) => {
      const text = await library.text(file)
      return text === null ? [] : [await measure(file, text)]
    })
    return results.flat()
  }

  const size = defineTask({
    type: 'measure.size',
    kind: 'analysis',
    description: 'Counts bytes and lines.',
    input: batchSchema,
    output: z.array(fileSizeSchema),
    demand: { slots: 1, cpu: 1 },
    priority: 'high',
    run: (task, { files }) => eachText(task, files, measureSize),
  })

  const complexity = defineTask({
    type: 'measure.complexity',
    kind: 'analysis',
    description: 'Parses JavaScript and TypeScript, and counts the paths through every function.',
    input: batchSchema,
    output: complexitySchema,
    demand: { slots: 1, cpu: 1 },
    priority: 'high',
    async run(task, { files }) {
      const parsed = files.filter(({ name }) => languageOf(name).parsed)
      return addComplexity(
        await eachText(task, parsed, ({ name }, text) => summarise(name, measureComplexity(name, text))),
      )
    },
  })

  const tokens = defineTask({
    type: 'measure.tokens',
    kind: 'analysis',
    description: 'Cuts code into tokens, to be compared.',
    input: batchSchema,
    output: z.object({ files: z.number(), tokens: z.number() }),
    demand: { slots: 1, cpu: 1 },
    priority: 'high',
    async run(task, { files }) {
      const cut = await workThrough(
        task,
        files.filter(({ compared }) => compared),
        (file) => shelf.cut(file),
      )
      const counts = cut.filter((count) => count !== null)
      return { files: counts.length, tokens: counts.reduce((sum, count) => sum + count, 0) }
    },
  })

  const secrets = defineTask({
    type: 'vet.secrets',
    kind: 'analysis',
    description: 'Looks for passwords, keys and tokens.',
    input: batchSchema,
    output: z.array(secretSchema),
    demand: { slots: 1, cpu: 1 },
    priority: 'high',
    run: async (task, { files }) => (await eachText(task, files, findSecrets)).flat(),
  })

  const licences = defineTask({
    type: 'vet.licences',
    kind: 'analysis',
    description: 'Looks for package manifests, licence texts and SPDX headers.',
    input: batchSchema,
    output: z.array(licenceClueSchema),
    demand: { slots: 1, cpu: 1 },
    priority: 'high',
    run: async (task, { files }) => (await eachText(task, files, findLicenceClues)).flat(),
  })

  return {
    members: [size, complexity, tokens, secrets, licences],
    /** The analyst's look at a batch. */
    measure: parallel({ type: 'measure', priority: 'high', members: { size, complexity, tokens } }),
    /** Security's look at a batch. */
    vet: parallel({ type: 'vet', priority: 'high', members: { secrets, licences } }),
  }
}
