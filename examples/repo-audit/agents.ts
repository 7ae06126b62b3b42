import type { PrincipalInput, TaskContext } from 'taskwright'
import { NonRetryableError } from 'taskwright'
import type { defineAnalysisTasks } from './analysis-tasks.ts'
import type { Plan } from './batches.ts'
import { fingerprint, plan } from './batches.ts'
import type { defineConclusionTasks } from './conclusion-tasks.ts'
import type { Batch, Findings, Walked } from './findings.ts'
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

export type AgentTasks = ReturnType<typeof defineLibraryTasks> &
  Pick<ReturnType<typeof defineAnalysisTasks>, 'measure' | 'vet'> &
  Pick<ReturnType<typeof defineConclusionTasks>, 'conclude'> &
  Pick<ReturnType<typeof definePublishingTasks>, 'publish'>

/** Where agents tell what they are about to do: how many tasks, and in words. */
export interface NoticeBoard {
  expect(agent: string, tasks: number): void
  say(agent: string, text: string): void
  /** What was found, before anybody decides on it. */
  concluded(findings: Findings): void
}

/**
 * What the agents do for one audit. Everything is a child of its task, and has a key: when the process ends half-way,
 * the next one finds by it what was begun, and what is done.
 */
export class Mission {
  readonly #task: TaskContext
  readonly #tasks: AgentTasks
  readonly #board: NoticeBoard

  constructor(task: TaskContext, tasks: AgentTasks, board: NoticeBoard) {
    this.#task = task
    this.#tasks = tasks
    this.#board = board
  }

  /** What the agents do, from the first folder to the editor's decision. */
  async run(roots: readonly Root[], directory: string) {
    // This one itself, and the four of publishing.
    this.#board.expect(agents.editor.id, 5)
    const walks = await this.#survey(roots)
    const planned = plan(walks)
    const { files, batches } = planned
    this.#board.say(agents.librarian.id, `found ${files} files, to be read in ${batches.length} batches`)
    const findings = await this.#conclude(roots, walks, planned)
    return this.#publish(findings, directory)
  }

  /** Finds the files, one task for each folder. Anew in each process: what was measured before must hold still. */
  async #survey(roots: readonly Root[]): Promise<readonly Walked[]> {
    const task = this.#task
    this.#board.expect(agents.librarian.id, roots.length + 1)
    const options = { principal: agents.librarian, key: `survey ${task.attempt}` }
    const walks = await (await task.submit(this.#tasks.survey, [...roots], options)).result()
    const now = fingerprint(walks)
    if ((await task.step('note the code as it is', () => now)) !== now)
      throw new NonRetryableError('the code has changed since the audit began')
    return walks
  }

  async #conclude(roots: readonly Root[], walks: readonly Walked[], planned: Plan): Promise<Findings> {
    const studied = await Promise.all(planned.batches.map((batch) => this.#study(batch)))
    this.#board.say(agents.analyst.id, 'draws conclusions')
    this.#board.expect(agents.analyst.id, 4)
    const measured = {
      folders: roots.map(({ path }) => path),
      files: planned.files,
      bytes: planned.bytes,
      foldersWalked: walks.reduce((sum, { folders }) => sum + folders, 0),
      ignored: walks.reduce((sum, { ignored }) => sum + ignored, 0),
      compared: [...planned.compared],
      leftOut: planned.leftOut,
      skipped: [...walks.flatMap(({ skipped }) => skipped), ...studied.flatMap(({ reading }) => reading.skipped)],
      sizes: studied.map(({ measured }) => measured.size),
      complexity: studied.map(({ measured }) => measured.complexity),
      secrets: studied.map(({ vetted }) => vetted.secrets),
      clues: studied.map(({ vetted }) => vetted.licences),
    }
    const options = { principal: agents.analyst, key: 'conclude' }
    const { findings } = await (await this.#task.submit(this.#tasks.conclude, measured, options)).result()
    this.#board.concluded(findings)
    return findings
  }

  /** A step, as in a flow: what was published is taken back when the audit is cancelled before its end. */
  async #publish(findings: Findings, directory: string) {
    const task = this.#task
    this.#board.say(agents.editor.id, 'writes the report')
    const key = 'publish'
    const publish = async () => {
      const options = { principal: agents.editor, priority: 'high', key } as const
      const child = await task.submit(this.#tasks.publish, { findings, directory }, options)
      return { childId: child.id, publication: await child.result() }
    }
    const { publication } = await task.step(key, publish, {
      undo: ({ childId }) => task.child(childId)?.rollBack(),
      undoInDoubt: () => task.child(key)?.rollBack(),
    })
    return publication
  }

  /**
   * Reads, measures and vets a batch. It is read by the librarian; the analyst's and security's flows are submitted at
   * once and wait for that reading as their dependency, so every agent is busy with a batch of its own.
   */
  async #study(batch: Batch) {
    const { number } = batch
    this.#board.expect(agents.librarian.id, 1)
    this.#board.expect(agents.analyst.id, 4)
    this.#board.expect(agents.security.id, 3)
    const labels = { batch: String(number) }
    const read = await this.#task.submit(this.#tasks.read, batch, {
      principal: agents.librarian,
      key: `read ${number}`,
      labels,
    })
    const after = { after: [read], labels }
    const [measure, vet] = await Promise.all([
      this.#task.submit(this.#tasks.measure, batch, {
        principal: agents.analyst,
        key: `measure ${number}`,
        ...after,
      }),
      this.#task.submit(this.#tasks.vet, batch, { principal: agents.security, key: `vet ${number}`, ...after }),
    ])
    const [reading, measured, vetted] = await Promise.all([read.result(), measure.result(), vet.result()])
    return { reading, measured, vetted }
  }
}
