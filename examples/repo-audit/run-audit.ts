import type { Runtime } from 'taskwright'
import type { Inspector } from 'taskwright/inspector'
import { agents } from './agents.ts'
import type { Ask } from './approver.ts'
import { answerQuestions } from './approver.ts'
import type { Arguments } from './arguments.ts'
import { AuditDesk, refusalIn } from './audit-desk.ts'
import { createAuditRuntime } from './audit-runtime.ts'
import type { Findings } from './findings.ts'
import { count } from './format.ts'
import type { Inspection } from './inspection.ts'
import { openInspection } from './inspection.ts'
import { removeJournal } from './journal-place.ts'
import { Progress } from './progress.ts'
import type { ProgressView } from './progress-view.ts'
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
  /** Some of what was to be taken back is still there. */
  readonly hasStanding: boolean
  /** The page that shows the run: close it. `null`: there is none. */
  readonly inspector: Inspector | null
}

export interface AuditSurroundings {
  /** Aborted when the person wants it to end: everything is cancelled and rolled back. */
  readonly interrupted: AbortSignal
  /** ms since the epoch. */
  now(): number
  view(progress: Progress): ProgressView
  readonly ask: Ask
  /** Told where the page is, or why there is none. */
  opened(inspector: Inspector | Error): void
}

/**
 * Runs one audit from start to end. Never throws for what a task does: see the ending.
 * @throws StoreError if the journal cannot be had; nothing was done then
 */
export async function runAudit(options: Arguments, surroundings: AuditSurroundings): Promise<AuditResult> {
  const { roots, directory, store, slots, approval, inspection } = options
  const { interrupted, now } = surroundings
  const startedAt = now()
  const progress = new Progress(Object.keys(agents))
  const view = surroundings.view(progress)
  let findings: Findings | null = null
  const say = (agent: string, text: string): void => {
    progress.say(agent, text)
    view.say(agent, text)
  }
  const { runtime, audit, record, describeRun } = await createAuditRuntime({
    directory,
    store,
    slots,
    startedAt,
    approval,
    board: {
      say,
      expect: (agent, tasks) => progress.expect(agent, tasks),
      concluded: (concluded) => {
        findings = concluded
      },
    },
  })
  const inspector = inspection && (await show(runtime, inspection, surroundings))
  runtime.on('*', (event) => {
    const agent = progress.observe(event)
    if (agent !== null) view.changed(agent)
  })
  answerQuestions(runtime, approval, interrupted, (prompt, withdrawn) => {
    view.suspend()
    return surroundings.ask(prompt, withdrawn)
  })
  const desk = new AuditDesk({
    runtime,
    audit,
    commission: { roots: [...roots], directory },
    say: (text) => say(agents.editor.id, text),
    takenUp: (task) => {
      record.takeUp(task)
      progress.takeUp(task, now())
    },
  })
  const hadPublished = runtime.list({ type: audit.type, stage: 'completed' }).length > 0
  // Unfinished tasks could be left to the next run; who interrupts wants them undone.
  const stop = () => runtime.stop({ grace: '10s', unfinished: 'cancel' })
  const halted = Promise.withResolvers<never>()
  const halt = (): void => {
    view.close()
    desk.cancel()
    stop().then(() => halted.reject(new Error('interrupted')), halted.reject)
  }
  halted.promise.catch(() => undefined)
  interrupted.addEventListener('abort', halt, { once: true })
  say(
    agents.librarian.id,
    `looks through ${count(roots.length, 'folder')}: ${roots.map(({ path }) => path).join(', ')}`,
  )

  const warnings: string[] = []
  let ending: Ending
  try {
    interrupted.throwIfAborted()
    const done = await Promise.race([desk.result(), halted.promise])
    warnings.push(...done.warnings)
    ending = { form: 'published', by: done.by, report: done.report }
  } catch (error) {
    const refusal = refusalIn(error)
    if (interrupted.aborted) ending = { form: 'interrupted' }
    else if (refusal) ending = { form: 'refused', message: refusal.message }
    else ending = { form: 'failed', error }
  }
  let isWritten = true
  await stop().catch((error: unknown) => {
    isWritten = false
    warnings.push(`the journal was not written to its end, and the next run goes on from there: ${error}`)
  })
  interrupted.removeEventListener('abort', halt)
  view.close()
  // What is rolled back is gone whole; the journal of a report that stands, or of what is left of one, stays.
  const hasStanding = record.hasStanding || !isWritten
  const isOfUse = ending.form === 'published' || hadPublished || hasStanding
  if (store.form === 'file' && !store.isNamed && !isOfUse) await removeJournal(store)

  const run = describeRun(now())
  return {
    ending,
    findings,
    run,
    alerts: [...record.alerts, ...warnings],
    hasStanding,
    inspector,
    summary: {
      tasks: run.tasks,
      rolledBack: ending.form !== 'published' && !hasStanding,
      durationMs: Math.round(run.durationMs),
      report: ending.form === 'published' ? ending.report : null,
    },
  }
}

/** An audit that cannot be shown is done all the same. */
async function show(
  runtime: Runtime,
  inspection: Inspection,
  { opened }: Pick<AuditSurroundings, 'opened'>,
): Promise<Inspector | null> {
  try {
    const inspector = await openInspection(runtime, inspection)
    opened(inspector)
    return inspector
  } catch (thrown) {
    opened(thrown instanceof Error ? thrown : new Error(String(thrown)))
    return null
  }
}
