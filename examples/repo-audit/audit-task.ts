import { defineTask } from 'taskwright'
import { z } from 'zod'
import type { AgentTasks, NoticeBoard } from './agents.ts'
import { Mission } from './agents.ts'
import { rootSchema } from './library-tasks.ts'
import { settleFile } from './publish.ts'
import { PublicationRefusedError } from './publishing-tasks.ts'

const commissionSchema = z.object({
  roots: z.array(rootSchema),
  /** Where the report goes. */
  directory: z.string(),
})
export type Commission = z.output<typeof commissionSchema>

const publishedSchema = z.object({
  report: z.string(),
  by: z.string(),
  /** What could not be cleared away. */
  warnings: z.array(z.string()),
})
export type Published = z.output<typeof publishedSchema>

/**
 * The editor's task that sends the others to work. It holds no resources itself; when it ends, whatever is left of its
 * children ends too.
 */
export function defineAuditTask(tasks: AgentTasks, board: NoticeBoard, brief: { readonly isRefused: boolean }) {
  return defineTask({
    type: 'audit',
    kind: 'control',
    description: 'Has a code base read, measured and judged, and a report of it published.',
    input: commissionSchema,
    output: publishedSchema,
    demand: {},
    uses: [tasks.survey, tasks.read, tasks.measure, tasks.vet, tasks.conclude, tasks.publish],
    async run(task, { roots, directory }) {
      const { report, by, replaced } = await new Mission(task, tasks, board).run(roots, directory)
      // Only if an earlier process was told otherwise, and was killed just after.
      if (brief.isRefused) throw new PublicationRefusedError('publication was refused by --refuse')
      // Published is published: from here on nothing can be rolled back, so what was there before may go.
      const warnings: string[] = []
      for (const file of replaced) {
        await settleFile(file).catch((error: unknown) => warnings.push(`${file.aside} could not be removed: ${error}`))
      }
      return { report, by, warnings }
    },
  })
}
