import { resolve } from 'node:path'
import { StoreError } from 'taskwright'
import type { Inspector } from 'taskwright/inspector'
import { askOn } from './approver.ts'
import type { Arguments } from './arguments.ts'
import { help, readArguments } from './arguments.ts'
import { printable } from './format.ts'
import { onInterrupt } from './interrupts.ts'
import { BarView, LineView } from './progress-view.ts'
import type { AuditResult, Ending } from './run-audit.ts'
import { runAudit } from './run-audit.ts'
import { renderSummary } from './summary.ts'

const exitCodes: Readonly<Record<Ending['form'] | 'badArguments' | 'noJournal' | 'help', number>> = {
  published: 0,
  help: 0,
  failed: 1,
  badArguments: 2,
  noJournal: 2,
  refused: 3,
  interrupted: 130,
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** A reader that went away (`| head`) is no error of ours. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** An error and what it comes from, a line each, without saying the same twice. */
function explain(error: unknown): string {
  const lines: string[] = []
  for (let at = error; at !== undefined && lines.length < 8; at = at instanceof Error ? at.cause : undefined) {
    const line = at instanceof Error ? at.message : String(at)
    if (!lines.some((known) => known.includes(line))) lines.push(line)
  }
  return lines.join('\n  because: ')
}

function fateOf({ ending, alerts, hasStanding }: AuditResult, { approval, directory }: Arguments): string {
  const undone = hasStanding ? 'Not everything could be taken back' : 'Nothing of it is left'
  const notes = alerts.map((alert) => `\n  ${alert}`).join('')
  switch (ending.form) {
    case 'published': {
      const alone =
        approval === 'unattended'
          ? '\nThere was no terminal to ask on; --refuse shows how a report is rolled back.'
          : ''
      return `Published by ${ending.by}: ${ending.report}${alone}${notes}`
    }
    case 'refused': {
      const hint =
        approval === 'unattended' ? '\nPass --approve to publish all the same, or --out for another folder.' : ''
      return `Rolled back: ${ending.message}. ${undone} in ${directory}.${notes}${hint}`
    }
    case 'interrupted':
      return `Interrupted: everything was cancelled and rolled back. ${undone}.${notes}`
    case 'failed':
      return `Failed: ${explain(ending.error)}\n${undone}.${notes}`
  }
}

async function main(): Promise<number> {
  const terminal = process.stdin.isTTY && process.stderr.isTTY
  const repository = resolve(import.meta.dirname, '../..')
  const read = await readArguments(process.argv.slice(2), { cwd: process.cwd(), repository, terminal })
  if (read.form === 'help') {
    print(help)
    return exitCodes.help
  }
  if (read.form === 'problems') {
    say(`The arguments cannot be used:${read.problems.map((problem) => `\n  - ${printable(problem)}`).join('')}`)
    say('--help says how to call it.')
    return exitCodes.badArguments
  }

  const interruption = new AbortController()
  const release = onInterrupt(
    (signal) => {
      interruption.abort()
      say(`\n${signal}: cancelling and rolling back; once more ends at once.`)
    },
    () => process.exit(exitCodes.interrupted),
  )
  const opened = (inspector: Inspector | Error): void => {
    if (inspector instanceof Error) return say(`The run cannot be shown as a page: ${inspector.message}`)
    say(`Watch it: ${inspector.url}  (token to change anything: ${inspector.token})`)
  }
  const now = (): number => performance.timeOrigin + performance.now()
  const result = await runAudit(read.arguments, {
    interrupted: interruption.signal,
    now,
    opened,
    ask: askOn(process.stdin, process.stderr),
    view: (progress) =>
      process.stderr.isTTY ? new BarView(progress, now, process.stderr) : new LineView(progress, now, say),
  })
  release()
  const fate = printable(fateOf(result, read.arguments)).replaceAll('\\u{a}', '\n')
  if (read.arguments.json) {
    say(fate)
    print(JSON.stringify(result.summary))
  } else {
    const text = renderSummary(result.summary, result.run, result.findings, fate)
    if (result.ending.form === 'failed') say(text)
    else print(text)
  }
  await closePage(result, read.arguments)
  return exitCodes[result.ending.form]
}

/** With the work the page ends, unless it is to stay until somebody has had enough of it. */
async function closePage({ inspector, ending }: AuditResult, { inspection }: Arguments): Promise<void> {
  if (!inspector) return
  if (inspection?.keepOpen && ending.form !== 'interrupted') {
    say(`The page stays at ${inspector.url} until Ctrl-C.`)
    const interrupted = Promise.withResolvers<void>()
    const release = onInterrupt(
      () => interrupted.resolve(),
      () => process.exit(exitCodes.interrupted),
    )
    await interrupted.promise
    release()
  }
  await inspector.close()
}

/** Nothing has begun: the journal that the audit was to be written to could not be had. */
function refuseJournal({ code, message }: StoreError): void {
  const advice =
    code === 'STORE_LOCKED'
      ? 'Is another audit at work on this report? Wait until it has ended, or give this one another: --out DIR.'
      : 'Name another journal with --store file:PATH, or keep none with --store memory.'
  say(`The audit cannot begin: ${printable(message)}.\n${advice}`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof StoreError) {
    refuseJournal(error)
    process.exitCode = exitCodes.noJournal
  } else {
    say(`Failed: ${explain(error)}`)
    process.exitCode = exitCodes.failed
  }
}
