import { join } from 'node:path'
import { defineTask, NonRetryableError, sequence } from 'taskwright'
import { z } from 'zod'
import type { Findings } from './findings.ts'
import { findingsSchema } from './findings.ts'
import { count } from './format.ts'
import {
  foreignFiles,
  generator,
  makeFolder,
  planFile,
  planFolder,
  replaceFile,
  restoreFile,
  unmakeFolder,
} from './publish.ts'
import { renderReport } from './report-html.ts'
import type { RunFacts } from './run-facts.ts'

const reportFiles = { html: 'index.html', json: 'report.json' } as const

/** The editor, or whoever was asked, said no. */
export class PublicationRefusedError extends NonRetryableError {}

/** What is answered to the editor's question. */
export const verdictSchema = z.object({ publish: z.boolean(), by: z.string() })
export type Verdict = z.output<typeof verdictSchema>

const replacedSchema = z.object({ path: z.string(), aside: z.string().nullable() })

const commissionSchema = z.object({
  findings: findingsSchema,
  /** Where the report goes. */
  directory: z.string(),
})

const draftSchema = z.object({
  directory: z.string(),
  headline: z.string(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
})

const writtenSchema = z.object({
  directory: z.string(),
  headline: z.string(),
  report: z.string(),
  replaced: z.array(replacedSchema),
  /** Names of files that stood there and that no audit had written. */
  foreign: z.array(z.string()),
})

export interface PublishingBrief {
  /** Nobody is there to be asked: the editor decides alone. */
  readonly unattended: boolean
  describeRun(now: number): RunFacts
}

function headlineOf(findings: Findings): string {
  const { overview, secrets, complexity, duplicates } = findings
  return [
    count(overview.files, 'file'),
    count(complexity.counted, 'function'),
    count(secrets.length, 'possible secret'),
    count(duplicates.found, 'duplicate'),
  ].join(', ')
}

/** The editor's tasks: compose a report, write it down, and decide whether it stays. */
export function definePublishingTasks(brief: PublishingBrief) {
  const compose = defineTask({
    type: 'publish.compose',
    kind: 'processing',
    description: 'Renders the findings as a page and as data.',
    input: commissionSchema,
    output: draftSchema,
    demand: { slots: 1, cpu: 1, memory: 16 },
    run(task, { findings, directory }) {
      const report = {
        generator,
        version: 1,
        writtenAt: new Date(task.now()).toISOString(),
        findings,
        run: brief.describeRun(task.now()),
      }
      return {
        directory,
        headline: headlineOf(findings),
        files: [
          { name: reportFiles.json, text: `${JSON.stringify(report, null, 2)}\n` },
          { name: reportFiles.html, text: renderReport(report) },
        ],
      }
    },
  })

  const write = defineTask({
    type: 'publish.write',
    kind: 'integration',
    description: 'Writes the report to its folder; every step can be taken back.',
    input: draftSchema,
    output: writtenSchema,
    demand: { slots: 1, io: 1 },
    rollbackRetry: { attempts: 5, backoff: '100ms' },
    async run(task, { directory, headline, files }) {
      const names = files.map(({ name }) => name)
      // On record before anything is done: a process that is killed must not take what it wrote for what was there.
      const before = await task.step('look what is there', async () => ({
        folder: await planFolder(directory),
        files: await Promise.all(names.map((name) => planFile(join(directory, name), task.id))),
        foreign: await foreignFiles(directory, names),
      }))
      const { folder, foreign } = before
      const unmake = () => unmakeFolder(folder)
      await task.step('make the folder', () => makeFolder(folder), { undo: unmake, undoInDoubt: unmake })
      for (const [index, { name, text }] of files.entries()) {
        const planned = before.files[index]
        if (planned === undefined) continue
        // The folder too: a write that ends late is undone after the folder could not be removed for what was in it.
        const restore = () => restoreFile(planned).then(unmake)
        const undos = { undo: restore, undoInDoubt: restore }
        await task.step(`write ${name}`, () => replaceFile(planned, text), undos)
        task.progress((index + 1) / files.length, name)
      }
      return { directory, headline, report: join(directory, reportFiles.html), replaced: before.files, foreign }
    },
  })

  const decide = defineTask({
    type: 'publish.decide',
    kind: 'control',
    description: 'Decides whether the report stays: asks, or goes by a rule when nobody is there.',
    input: writtenSchema,
    output: writtenSchema.extend({ by: z.string() }),
    demand: {},
    async run(task, written) {
      const { headline, report, foreign } = written
      const others = foreign.length === 0 ? '' : `${foreign.join(' and ')}, which no audit wrote`
      if (brief.unattended) {
        if (others !== '') throw new PublicationRefusedError(`there was nobody to ask whether to replace ${others}`)
        return { ...written, by: 'the editor' }
      }
      const over = others === '' ? '' : ` in place of ${others}`
      const verdict = await task.ask(verdictSchema, `Publish the report of ${headline}${over}? The draft is ${report}`)
      if (!verdict.publish) throw new PublicationRefusedError(`publication was refused by ${verdict.by}`)
      return { ...written, by: verdict.by }
    },
  })

  return {
    members: [compose, write, decide],
    /** If `decide` throws, the flow rolls back, and with it what `write` did. */
    publish: sequence({ type: 'publish', priority: 'high', members: [compose, write, decide] }),
  }
}
