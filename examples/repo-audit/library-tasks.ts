import { defineTask, map } from 'taskwright'
import { z } from 'zod'
import type { Skipped } from './findings.ts'
import { batchSchema, readSchema, walkedSchema } from './findings.ts'
import type { Library } from './library.ts'
import { walk } from './walk.ts'
import { workThrough } from './work-through.ts'

export const rootSchema = z.object({ path: z.string(), label: z.string() })

/** The librarian's tasks: find the files, and read them. */
export function defineLibraryTasks(library: Library, except: readonly string[]) {
  const walkFolder = defineTask({
    type: 'walk',
    kind: 'processing',
    description: 'Lists every file below one folder.',
    input: rootSchema,
    output: walkedSchema,
    demand: { slots: 1, io: 1 },
    run(task, root) {
      const onProgress = (files: number, folder: string): void =>
        task.progress(0, `${files} files, at ${folder || '.'}`)
      return walk(root, { signal: task.signal, except, onProgress })
    },
  })

  const survey = map({ type: 'survey', description: 'Walks every folder of the audit.', member: walkFolder })

  const read = defineTask({
    type: 'read',
    kind: 'processing',
    description: 'Reads a batch of files into the library.',
    input: batchSchema,
    output: readSchema,
    demand: ({ files }) => ({ slots: 1, io: 1, 'files.read': files.length }),
    retry: { attempts: 3, backoff: '50ms' },
    async run(task, { files }) {
      const skipped: Skipped[] = []
      let bytes = 0
      await workThrough(task, files, async (file) => {
        const result = await library.read(file)
        if (result.form === 'text') bytes += file.bytes
        else skipped.push(result.skipped)
      })
      task.used({ 'files.read': files.length - skipped.length })
      return { texts: files.length - skipped.length, bytes, skipped }
    },
  })

  return { walkFolder, survey, read }
}
