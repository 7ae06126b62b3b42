import { z } from 'zod'
import { quote } from './command-error.ts'
import { unusable } from './input-file.ts'
import { orderByPrecedence } from './precedence.ts'
import type { Activity } from './project.ts'

/**
 * What is read of a WfFormat 1.5 file; everything else in it is ignored.
 * Source: https://github.com/wfcommons/WfFormat, wfcommons-schema.json.
 */
const amount = z.number('must be a number').nonnegative('must not be negative')
/** Sums over 10,000 places must stay whole numbers that a double holds exactly. */
const atMost = (most: number) => amount.max(most, `must not be more than ${most}`)
const cores = atMost(1e6)
const bytes = atMost(Number.MAX_SAFE_INTEGER)
const taskId = z.string('must be a string').min(1, 'must not be empty')

const wfFormatSchema = z.object({
  name: z.string().default(''),
  workflow: z.object({
    specification: z.object({
      tasks: z
        .array(z.object({ id: taskId, parents: z.array(taskId), children: z.array(taskId).optional() }))
        .min(1, 'the workflow has no tasks'),
    }),
    execution: z.object(
      {
        tasks: z.array(
          z.object({
            id: taskId,
            runtimeInSeconds: amount,
            coreCount: cores.optional(),
            avgCPU: atMost(1e8).optional(),
            memoryInBytes: bytes.optional(),
          }),
        ),
        machines: z
          .array(
            z.object({
              cpu: z.object({ coreCount: cores.optional() }).optional(),
              memoryInBytes: bytes.optional(),
            }),
          )
          .default([]),
      },
      'the file records no execution; taskwright replays recorded runtimes',
    ),
  }),
})

type WfFile = z.output<typeof wfFormatSchema>

/** A workflow as it was recorded. */
export interface Workflow {
  readonly name: string
  /** In precedence order. Durations in seconds; demands `cpu` in thousandths of a core and `memory` in MiB. */
  readonly tasks: readonly Activity[]
  /** The cores (in thousandths) and memory (MiB) of the largest recorded machine, and no less than any task used. */
  readonly machine: { readonly cpu: number; readonly memory: number }
}

/** Reads a WfFormat 1.5 file. `path` is only for messages. @throws CommandError `FILE_INVALID`, with every problem. */
export function parseWorkflow(text: string, path: string): Workflow {
  const json = readJson(text, path)
  const version = z.object({ schemaVersion: z.unknown() }).safeParse(json).data?.schemaVersion
  if (version === undefined) throw unusable(path, ['it is not a WfFormat file: it has no schemaVersion'])
  if (version !== '1.5') {
    const found = JSON.stringify(version).slice(0, 80)
    throw unusable(path, [`schemaVersion is ${found}; taskwright reads WfFormat "1.5"`])
  }
  const read = wfFormatSchema.safeParse(json)
  if (!read.success) {
    throw unusable(
      path,
      read.error.issues.map((issue) => `${z.core.toDotPath(issue.path)}: ${issue.message}`),
    )
  }
  const problems = [...problemsOfIds(read.data), ...problemsOfEdges(read.data), ...problemsOfTotals(read.data)]
  const ordered = orderByPrecedence(toActivities(read.data))
  if (ordered.kind === 'cycle') problems.push(`the tasks form a cycle: ${ordered.cycle.map(quote).join(' → ')}`)
  if (problems.length > 0 || ordered.kind === 'cycle') throw unusable(path, problems)
  return { name: read.data.name, tasks: ordered.order, machine: largestMachine(read.data, ordered.order) }
}

function readJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unusable(path, [`it is not JSON: ${error instanceof Error ? error.message : String(error)}`], error)
  }
}

function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const id of ids) {
    if (seen.has(id)) twice.add(id)
    seen.add(id)
  }
  return [...twice]
}

function problemsOfIds({ workflow: { specification, execution } }: WfFile): string[] {
  const specified = specification.tasks.map(({ id }) => id)
  const executed = execution.tasks.map(({ id }) => id)
  const [known, recorded] = [new Set(specified), new Set(executed)]
  return [
    ...repeated(specified).map((id) => `two tasks have the id ${quote(id)}`),
    ...repeated(executed).map((id) => `task ${quote(id)} has two execution records`),
    ...specified.filter((id) => !recorded.has(id)).map((id) => `task ${quote(id)} has no execution record`),
    ...executed
      .filter((id) => !known.has(id))
      .map((id) => `an execution record names ${quote(id)}, which is not a task`),
  ]
}

/** Parents and children say the same twice in WfFormat: where they disagree an edge was lost. */
function problemsOfEdges({ workflow: { specification } }: WfFile): string[] {
  const byId = new Map(
    specification.tasks.map(({ id, parents, children }) => [
      id,
      { parents: new Set(parents), children: children && new Set(children) },
    ]),
  )
  const problems: string[] = []
  for (const [id, { parents, children }] of byId) {
    for (const parent of parents) {
      const other = byId.get(parent)
      if (!other) problems.push(`task ${quote(id)} has an unknown parent ${quote(parent)}`)
      else if (other.children && !other.children.has(id)) {
        problems.push(`task ${quote(id)} has the parent ${quote(parent)}, which does not list it as a child`)
      }
    }
    for (const child of children ?? []) {
      const other = byId.get(child)
      if (!other) problems.push(`task ${quote(id)} has an unknown child ${quote(child)}`)
      else if (!other.parents.has(id)) {
        problems.push(`task ${quote(id)} has the child ${quote(child)}, which does not list it as a parent`)
      }
    }
  }
  return problems
}

/** About 31 years: beyond it, a clock in ms is coarser than a microsecond, and so are the sums. */
const longestSeconds = 1e9

function problemsOfTotals({ workflow: { execution } }: WfFile): string[] {
  const total = execution.tasks.reduce((sum, { runtimeInSeconds }) => sum + runtimeInSeconds, 0)
  return total <= longestSeconds
    ? []
    : [`the recorded runtimes add up to ${total} s; at most ${longestSeconds} s can be replayed`]
}

const mebibyte = 2 ** 20

function toActivities({ workflow: { specification, execution } }: WfFile): Activity[] {
  const records = new Map(execution.tasks.map((record) => [record.id, record]))
  return specification.tasks.map(({ id, parents }) => {
    const { runtimeInSeconds = 0, coreCount = 0, avgCPU = 0, memoryInBytes = 0 } = records.get(id) ?? {}
    return {
      id,
      duration: runtimeInSeconds,
      after: [...new Set(parents)],
      // avgCPU is in per cent of one core. What was asked for and what was used both have to fit.
      demand: {
        cpu: Math.ceil(Math.max(coreCount * 1_000, avgCPU * 10)),
        memory: Math.ceil(memoryInBytes / mebibyte),
      },
    }
  })
}

function largestMachine({ workflow: { execution } }: WfFile, tasks: readonly Activity[]): Workflow['machine'] {
  const machine = { cpu: 0, memory: 0 }
  for (const { cpu, memoryInBytes } of execution.machines) {
    machine.cpu = Math.max(machine.cpu, Math.floor((cpu?.coreCount ?? 0) * 1_000))
    machine.memory = Math.max(machine.memory, Math.floor((memoryInBytes ?? 0) / mebibyte))
  }
  for (const { demand } of tasks) {
    machine.cpu = Math.max(machine.cpu, demand.cpu ?? 0)
    machine.memory = Math.max(machine.memory, demand.memory ?? 0)
  }
  return machine
}
