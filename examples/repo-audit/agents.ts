import type { PrincipalInput, Runtime } from 'taskwright'
import type { defineAnalysisTasks } from './analysis-tasks.ts'
import type { Plan } from './batches.ts'
import { plan } from './batches.ts'
import type { defineConclusionTasks } from './conclusion-tasks.ts'
import type { Findings, Walked } from './findings.ts'
import type { defineLibraryTasks } from './library-tasks.ts'
import type { definePublishingTasks } from './publishing-tasks.ts'
import type { Root } from './walk.ts'

/** Who acts, and how large a share of the resources each gets when several want them. */
export const agents = {
  librarian: { id: 'librarian', kind: 'agent', weight: 2 },
  analyst: { id: 'analyst', kind: 'agent', weight: 3 },
  security: { id: 'security', kind: 'agent', weight: 2 },
  editor: { id: 'editor', kind: 'agent', weight: 1 },
} as const satisfies Record<string, PrincipalInput>

export const agentWeights: ReadonlyMap<string, number> = new Map(
  Object.values(agents).map(({ id, weight }) => [id, weight]),
)

export type AuditTasks = ReturnType<typeof defineLibraryTasks> &
  Pick<ReturnType<typeof defineAnalysisTasks>, 'measure' | 'vet'> &
  Pick<ReturnType<typeof defineConclusionTasks>, 'conclude'> &
  Pick<ReturnType<typeof definePublishingTasks>, 'publish'>

/** Where agents tell what they are about to do: how many tasks, and in words. */
export interface NoticeBoard {
  expect(agent: string, tasks: number): void
  say(agent: string, text: string): void
}

export interface Mission {
  readonly runtime: Runtime
  readonly tasks: AuditTasks
  readonly roots: readonly Root[]
  readonly board: NoticeBoard
  /** Told which files are to be compared, before any is read. */
  planned(plan: Plan): void
  /** Told what was found, before anybody decides on it. */
  concluded(findings: Findings): void
}

/** Finds the files: one task for each folder, under one flow. */
async function survey({ runtime, tasks, roots, board }: Mission): Promise<readonly Walked[]> {
  board.expect(agents.librarian.id, roots.length + 1)
  const handle = await runtime.submit(tasks.survey, [...roots], { principal: agents.librarian })
  return handle.result()
}

/**
 * Reads, measures and vets all batches. Each batch is read by the librarian; the analyst's and security's flows are
 * submitted at once and wait for that reading as their dependency, so every agent is busy with a batch of its own.
 */
async function study({ runtime, tasks, board }: Mission, { batches }: Plan) {
  board.expect(agents.librarian.id, batches.length)
  board.expect(agents.analyst.id, batches.length * 4)
  board.expect(agents.security.id, batches.length * 3)
  const studies = batches.map(async (batch) => {
    const labels = { batch: String(batch.number) }
    const read = await runtime.submit(tasks.read, batch, { principal: agents.librarian, labels, whenFull: 'wait' })
    const after = { after: [read], labels, whenFull: 'wait' } as const
    const [measure, vet] = await Promise.all([
      runtime.submit(tasks.measure, batch, { principal: agents.analyst, ...after }),
      runtime.submit(tasks.vet, batch, { principal: agents.security, ...after }),
    ])
    const [reading, measured, vetted] = await Promise.all([read.result(), measure.result(), vet.result()])
    return { reading, measured, vetted }
  })
  return Promise.all(studies)
}

async function conclude(mission: Mission, walks: readonly Walked[], planned: Plan): Promise<Findings> {
  const { runtime, tasks, roots, board } = mission
  const studied = await study(mission, planned)
  board.say(agents.analyst.id, 'draws conclusions')
  board.expect(agents.analyst.id, 4)
  const handle = await runtime.submit(
    tasks.conclude,
    {
      folders: roots.map(({ path }) => path),
      files: planned.files,
      bytes: planned.bytes,
      foldersWalked: walks.reduce((sum, { folders }) => sum + folders, 0),
      ignored: walks.reduce((sum, { ignored }) => sum + ignored, 0),
      leftOut: planned.leftOut,
      skipped: [...walks.flatMap(({ skipped }) => skipped), ...studied.flatMap(({ reading }) => reading.skipped)],
      sizes: studied.map(({ measured }) => measured.size),
      complexity: studied.map(({ measured }) => measured.complexity),
      secrets: studied.map(({ vetted }) => vetted.secrets),
      clues: studied.map(({ vetted }) => vetted.licences),
    },
    { principal: agents.analyst },
  )
  return (await handle.result()).findings
}

/** What the agents do, from the first folder to the editor's decision. @throws what a task ended with, if not well */
export async function audit(mission: Mission) {
  const { runtime, tasks, board } = mission
  const walks = await survey(mission)
  const planned = plan(walks)
  mission.planned(planned)
  board.say(agents.librarian.id, `found ${planned.files} files, to be read in ${planned.batches.length} batches`)
  const findings = await conclude(mission, walks, planned)
  mission.concluded(findings)
  board.expect(agents.editor.id, 4)
  board.say(agents.editor.id, 'writes the report')
  const publication = await runtime.submit(tasks.publish, findings, { principal: agents.editor, priority: 'high' })
  return publication.result()
}
