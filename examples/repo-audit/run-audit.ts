import type { NoticeBoard } from './agents.ts'
import { agents, audit } from './agents.ts'
import type { Ask } from './approver.ts'
import { answerQuestions } from './approver.ts'
import type { Arguments } from './arguments.ts'
import { createAuditRuntime } from './audit-runtime.ts'
import type { Findings } from './findings.ts'
import { count } from './format.ts'
import { Progress } from './progress.ts'
import type { ProgressView } from './progress-view.ts'
import { settleFile } from './publish.ts'
import { PublicationRefusedError } from './publishing-tasks.ts'
import type { RunFacts } from './run-facts.ts'
import type { Summary } from './summary.ts'

/** How a run ended. */
export type Ending =
  | { readonly form: 'published'; readonly by: string; readonly report: string }
  | { readonly form: 'refused'; readonly message: string }
  | { readonly form: 'interrupted' }
  | { readonly form: 'failed'; readonly error: unknown }

export interface AuditResult {
  readonly ending: Ending
  readonly summary: Summary
  readonly run: RunFacts
  readonly findings: Findings | null
  /** What the runtime raised alarm about, such as an undo that kept failing. */
  readonly alerts: readonly string[]
}

export interface AuditSurroundings {
  /** Aborted when the person wants it to end: everything is cancelled and rolled back. */
  readonly interrupted: AbortSignal
  /** ms since the epoch. */
  now(): number
  view(progress: Progress): ProgressView
  readonly ask: Ask
}

/** The refusal in the chain of causes of an error, if that is what it comes from. */
function refusalIn(error: unknown): PublicationRefusedError | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof PublicationRefusedError) return at
  return null
}

/** Runs one audit from start to end. Never throws for what a task does: see the ending. */
export async function runAudit(options: Arguments, surroundings: AuditSurroundings): Promise<AuditResult> {
  const { roots, directory, slots, approval } = options
  const { interrupted, now } = surroundings
  const startedAt = now()
  const progress = new Progress(Object.keys(agents))
  const view = surroundings.view(progress)
  const unattended = approval === 'unattended'
  const { runtime, tasks, planned, describeRun, alerts } = await createAuditRuntime({
    directory,
    slots,
    unattended,
    startedAt,
  })
  runtime.on('*', (event) => {
    const agent = progress.observe(event)
    if (agent !== null) view.changed(agent)
  })
  answerQuestions(runtime, approval, interrupted, (prompt, withdrawn) => {
    view.suspend()
    return surroundings.ask(prompt, withdrawn)
  })
  const stop = (): void => {
    view.close()
    void runtime.stop({ grace: '10s' })
  }
  interrupted.addEventListener('abort', stop, { once: true })

  const board: NoticeBoard = {
    expect: (agent, tasks) => progress.expect(agent, tasks),
    say: (agent, text) => {
      progress.say(agent, text)
      view.say(agent, text)
    },
  }
  board.say(
    agents.librarian.id,
    `looks through ${count(roots.length, 'folder')}: ${roots.map(({ path }) => path).join(', ')}`,
  )

  const warnings: string[] = []
  let ending: Ending
  let findings: Findings | null = null
  try {
    interrupted.throwIfAborted()
    const done = await audit({
      runtime,
      tasks,
      roots,
      board,
      planned,
      concluded: (concluded) => {
        findings = concluded
      },
    })
    // Published is published: from here on nothing can be rolled back, so what was there before may go.
    for (const file of done.replaced) {
      await settleFile(file).catch((error: unknown) => warnings.push(`${file.aside} could not be removed: ${error}`))
    }
    ending = { form: 'published', by: done.by, report: done.report }
  } catch (error) {
    const refusal = refusalIn(error)
    if (interrupted.aborted) ending = { form: 'interrupted' }
    else if (refusal) ending = { form: 'refused', message: refusal.message }
    else ending = { form: 'failed', error }
  }
  await runtime.stop({ grace: '10s' })
  interrupted.removeEventListener('abort', stop)
  view.close()

  const run = describeRun(now())
  return {
    ending,
    findings,
    run,
    alerts: [...alerts(), ...warnings],
    summary: {
      tasks: run.tasks,
      rolledBack: ending.form !== 'published' && alerts().length === 0,
      durationMs: Math.round(run.durationMs),
      report: ending.form === 'published' ? ending.report : null,
    },
  }
}
