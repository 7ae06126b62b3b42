import { Command } from 'commander'
import { z } from 'zod'
import type { CommandInput, CommandResult, Selection } from '../../inspector/protocol.ts'
import { taskStages } from '../../model/stage.ts'
import type { CommandMaker } from '../command.ts'
import { defineCommand } from '../command.ts'
import type { ExitCode } from '../command-error.ts'
import { CommandError, exitCodes } from '../command-error.ts'
import { flag, oneOf, wholeNumber } from '../option-values.ts'
import type { Remote } from '../remote/inspector-client.ts'
import { InspectorClient, jsonFlag, remoteFlags, remoteOptions } from '../remote/inspector-client.ts'
import { detailSchema, rowSchema } from '../remote/rows.ts'
import { detailText, taskTable } from '../remote/text.ts'
import type { Terminal } from '../terminal.ts'

const codes = `Exit code 0: done; 1: nobody listens there, the token is wrong, the task is unknown, or something of it was refused;
2: a bad call.`

const narrowed = [
  { flags: '--stage [stage]', description: `only those in this stage: ${taskStages.join(', ')}` },
  { flags: '--type [type]', description: 'only those of this type' },
  { flags: '--principal [id]', description: 'only those of this principal' },
]
const text = z.string({ error: 'needs a value' }).min(1, 'needs a value').optional()
const narrowing = { stage: oneOf(taskStages).optional(), type: text, principal: text } as const

const ls = defineCommand({
  name: 'ls',
  summary: 'Lists the tasks that are known, the oldest first',
  usage: '[--stage <stage>] [--type <type>] [--principal <id>] [--limit <n>] [--json]',
  flags: [
    ...narrowed,
    { flags: '--limit [n]', description: 'how many at most (default: 1000)' },
    ...remoteFlags,
    jsonFlag,
  ],
  notes: `--json prints one array of what is known of each. ${codes}`,
  operands: { name: 'nothing', max: 0 },
  options: z.object({ ...remoteOptions, ...narrowing, limit: wholeNumber(1, 100_000).default(1_000), json: flag }),
  async run(_, { json, limit, stage, type, principal, ...remote }, { terminal, signal }) {
    const query = new URLSearchParams({ limit: String(limit) })
    for (const [name, value] of Object.entries({ stage, type, principal }))
      if (value !== undefined) query.set(name, value)
    const rows = await new InspectorClient(remote, signal).read(`/tasks?${query}`, z.array(rowSchema))
    if (json) terminal.out(JSON.stringify(rows))
    else for (const line of taskTable(rows, Date.now())) terminal.out(line)
    return exitCodes.done
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Shows one task: its state, what it waits for, when it is expected to start, its last events',
  usage: '<id> [--json]',
  flags: [...remoteFlags, jsonFlag],
  notes: codes,
  operands: { name: 'an id', max: 1 },
  options: z.object({ ...remoteOptions, json: flag }),
  async run([id = ''], { json, ...remote }, { terminal, signal }) {
    const detail = await new InspectorClient(remote, signal).read(`/tasks/${encodeURIComponent(id)}`, detailSchema)
    if (json) terminal.out(JSON.stringify(detail))
    else for (const line of detailText(detail, Date.now())) terminal.out(line)
    return exitCodes.done
  },
})

const changing = {
  flags: [
    ...narrowed,
    { flags: '--why [text]', description: 'goes into the event log' },
    { flags: '--dry-run', description: 'only say how many tasks that would be' },
    ...remoteFlags,
    jsonFlag,
  ],
  options: { ...remoteOptions, ...narrowing, why: text, dryRun: flag, json: flag },
} as const

interface Changing extends Remote {
  readonly stage?: (typeof taskStages)[number] | undefined
  readonly type?: string | undefined
  readonly principal?: string | undefined
  readonly why?: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
}

/** @throws CommandError `USAGE` unless it is said which tasks */
function selectionOf(ids: readonly string[], { stage, type, principal }: Changing): Selection {
  const isNarrowed = stage !== undefined || type !== undefined || principal !== undefined
  const problem = isNarrowed
    ? 'give ids, or --stage, --type, --principal; not both'
    : 'give ids, or --stage, --type, --principal'
  if (isNarrowed === ids.length > 0) throw new CommandError('USAGE', 'taskwright tasks', [problem])
  if (!isNarrowed) return { ids: [...ids] }
  return {
    ...(stage !== undefined && { stages: [stage] }),
    ...(type !== undefined && { types: [type] }),
    ...(principal !== undefined && { principals: [principal] }),
  }
}

function tell(
  result: CommandResult,
  { json, dryRun }: Pick<Changing, 'json' | 'dryRun'>,
  terminal: Terminal,
): ExitCode {
  const { matched, done, refused } = result
  if (json) terminal.out(JSON.stringify(result))
  else if (dryRun) terminal.out(`${matched} task${matched === 1 ? '' : 's'} would be meant`)
  else
    for (const { taskId, newTaskId, changed } of done) {
      const changes = Object.entries(changed).map(([name, { from, to }]) => `${name} ${from} → ${to}`)
      terminal.out(`${taskId ?? 'done'}: ${newTaskId ?? (changes.join(', ') || 'nothing was different right after')}`)
    }
  if (!json)
    for (const { taskId, code, message } of refused) terminal.err(`${taskId ?? 'refused'}: ${message} (${code})`)
  return refused.length > 0 ? exitCodes.failed : exitCodes.done
}

const cancel = defineCommand({
  name: 'cancel',
  summary: 'Cancels tasks, some by id, or all that match',
  usage: '<id…> | --stage <stage> | --type <type> | --principal <id> [--why <text>] [--dry-run] [--json]',
  flags: changing.flags,
  notes: `It answers once each is told: one that executes is stopped, and what it did is undone, which may take its time.
${codes}`,
  operands: { name: 'an id', max: 10_000, isOptional: true },
  options: z.object(changing.options),
  async run(ids, options, { terminal, signal }) {
    const command: CommandInput = {
      action: 'cancel',
      tasks: selectionOf(ids, options),
      why: options.why ?? '',
      dryRun: options.dryRun,
    }
    const result = await new InspectorClient(options, signal).command(command)
    return tell(result, options, terminal)
  },
})

const retry = defineCommand({
  name: 'retry',
  summary: 'Tries tasks again that have ended, some by id, or all that match and did not complete',
  usage:
    '<id…> | --stage <stage> | --type <type> | --principal <id> [--from <start|failedStep>] [--why <text>] [--dry-run]',
  flags: [
    { flags: '--from [place]', description: 'start, or failedStep: what had finished and stands is not done again' },
    ...changing.flags,
  ],
  notes: `Each is tried again as a new task, whose id is printed. ${codes}`,
  operands: { name: 'an id', max: 10_000, isOptional: true },
  options: z.object({ ...changing.options, from: oneOf(['start', 'failedStep']).default('start') }),
  async run(ids, options, { terminal, signal }) {
    const command: CommandInput = {
      action: 'retry',
      from: options.from,
      tasks: selectionOf(ids, options),
      why: options.why ?? '',
      dryRun: options.dryRun,
    }
    const result = await new InspectorClient(options, signal).command(command)
    return tell(result, options, terminal)
  },
})

/** JSON, or else the text itself: `yes` needs no quotes. */
function readAnswer(given: string): z.core.util.JSONType {
  try {
    return z.json().parse(JSON.parse(given))
  } catch {
    return given
  }
}

const answer = defineCommand({
  name: 'answer',
  summary: 'Answers the question that a task asks',
  usage: '<id> <answer> [--question <id>] [--why <text>]',
  flags: [
    { flags: '--question [id]', description: 'which, if it asks several (default: the one that show shows)' },
    { flags: '--why [text]', description: 'goes into the event log' },
    ...remoteFlags,
    jsonFlag,
  ],
  notes: `The answer is JSON, such as true or '{"approved":true}'; what is no JSON is taken as text. ${codes}`,
  operands: { name: 'an id', max: 2 },
  options: z.object({ ...remoteOptions, question: text, why: text, json: flag }),
  async run([taskId = '', given], { question, why, json, ...remote }, { terminal, signal }) {
    if (given === undefined) throw new CommandError('USAGE', 'taskwright tasks answer', ['an answer is required'])
    const client = new InspectorClient(remote, signal)
    const detail = await client.read(`/tasks/${encodeURIComponent(taskId)}`, detailSchema)
    const questionId = question ?? detail.row?.question?.id
    if (questionId === undefined) {
      terminal.err(`${taskId} asks nothing`)
      return exitCodes.failed
    }
    const command: CommandInput = { action: 'answer', taskId, questionId, answer: readAnswer(given), why: why ?? '' }
    return tell(await client.command(command), { json, dryRun: false }, terminal)
  },
})

export const tasks: CommandMaker = (context, settle) => {
  const group = new Command('tasks')
    .summary('Lists, shows, cancels, retries and answers tasks of a program that runs')
    .description('Talks to the inspector that a program serves (serveInspector), over HTTP.')
    .usage('<ls|show|cancel|retry|answer> [options]')
  for (const make of [ls, show, cancel, retry, answer]) group.addCommand(make(context, settle))
  return group
}
