import { quote } from './command-error.ts'
import { unusable } from './input-file.ts'
import { orderByPrecedence } from './precedence.ts'
import type { Activity, Project } from './project.ts'

interface Row {
  readonly line: number
  readonly numbers: readonly number[]
}

/**
 * Reads a single-mode RCPSP instance in PSPLIB's .sm format. Durations in periods, resources `R1`, `R2`, …; the
 * activities, named by job number, in precedence order. `path` is only for messages.
 * Source: R. Kolisch and A. Sprecher, "PSPLIB: a project scheduling problem library", EJOR 96 (1997).
 * @throws CommandError `FILE_INVALID`, with every problem
 */
export function parsePsplib(text: string, path: string): Project {
  const file = new SmFile(text)
  const jobs = file.header('jobs (incl. supersource/sink )', /^jobs\s*\(incl\. supersource\/sink\s*\)\s*:\s*(\d+)/)
  const resources = file.header('renewable resources', /^\s*-\s*renewable\s*:\s*(\d+)/)
  for (const kind of ['nonrenewable', 'doubly constrained']) {
    const count = file.header(`${kind} resources`, new RegExp(`^\\s*-\\s*${kind}\\s*:\\s*(\\d+)`))
    if (count) file.problems.push(`it has ${count} ${kind} resources; only renewable ones can be scheduled`)
  }
  const precedence = file.section('PRECEDENCE RELATIONS')
  const requests = file.section('REQUESTS/DURATIONS')
  const capacities = file.section('RESOURCEAVAILABILITIES')
  file.refuseIfDamaged(path)

  const successors = readSuccessors(file, precedence, jobs)
  const work = readWork(file, requests, jobs, resources)
  const capacity = readCapacities(file, capacities, resources)
  file.refuseIfDamaged(path)

  const parents = new Map([...successors.keys()].map((job): [string, string[]] => [job, []]))
  for (const [job, after] of successors) {
    for (const successor of after) parents.get(successor)?.push(job)
  }
  const activities: Activity[] = []
  for (const [id, { duration, demand }] of work) {
    for (const [resource, asked] of Object.entries(demand)) {
      const exists = capacity[resource] ?? 0
      if (asked > exists) file.problems.push(`job ${id} asks for ${asked} of ${resource}, and there are ${exists}`)
    }
    activities.push({ id, duration, after: parents.get(id) ?? [], demand })
  }
  const ordered = orderByPrecedence(activities)
  if (ordered.kind === 'cycle')
    throw unusable(path, [...file.problems, `the jobs form a cycle: ${ordered.cycle.join(' → ')}`])
  file.refuseIfDamaged(path)
  return { activities: ordered.order, capacities: capacity }
}

/** A file's lines, and what was found wrong with them. */
class SmFile {
  readonly problems: string[] = []
  readonly #lines: readonly string[]

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/)
  }

  header(what: string, pattern: RegExp): number {
    for (const line of this.#lines) {
      const found = pattern.exec(line)
      if (found) return Number(found[1])
    }
    this.problems.push(`it does not say how many ${what} there are; is it a PSPLIB .sm file?`)
    return 0
  }

  /** The rows of whole numbers below a title, up to the closing line of asterisks. Column heads are passed over. */
  section(title: string): Row[] {
    const start = this.#lines.findIndex((line) => line.startsWith(title))
    if (start < 0) {
      this.problems.push(`it has no section ${title}; is it a PSPLIB .sm file?`)
      return []
    }
    const rows: Row[] = []
    for (let index = start + 1; index < this.#lines.length; index += 1) {
      const line = this.#lines[index] ?? ''
      if (line.startsWith('***')) return rows
      const fields = line.trim().split(/\s+/)
      if (/^(jobnr|R$|R1|---|$)/.test(fields[0] ?? '')) continue
      const numbers = fields.map(Number)
      if (numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) rows.push({ line: index + 1, numbers })
      else this.problems.push(`line ${index + 1} must be whole numbers, not negative: ${quote(line.trim())}`)
    }
    this.problems.push(`the section ${title} has no end; the file was cut short`)
    return rows
  }

  /** One row for each job from 1 to `jobs`: a row too few, too many or of no job is a problem. */
  checkJobs(title: string, rows: readonly Row[], jobs: number): void {
    const seen = new Set<number>()
    for (const { line, numbers } of rows) {
      const job = numbers[0] ?? 0
      if (job < 1 || job > jobs) this.problems.push(`line ${line}: there is no job ${job}; there are ${jobs}`)
      else if (seen.has(job)) this.problems.push(`line ${line}: job ${job} has a second row in ${title}`)
      else seen.add(job)
    }
    let first = 1
    while (seen.has(first)) first += 1
    if (first <= jobs)
      this.problems.push(`${title} has rows for ${seen.size} of ${jobs} jobs; the first without one is ${first}`)
  }

  refuseIfDamaged(path: string): void {
    if (this.problems.length > 0) throw unusable(path, this.problems)
  }
}

function readSuccessors(file: SmFile, rows: readonly Row[], jobs: number): Map<string, ReadonlySet<string>> {
  file.checkJobs('PRECEDENCE RELATIONS', rows, jobs)
  const successors = new Map<string, ReadonlySet<string>>()
  for (const { line, numbers } of rows) {
    const [job = 0, modes = 0, count = 0, ...after] = numbers
    if (modes !== 1) file.problems.push(`line ${line}: job ${job} has ${modes} modes; only one can be scheduled`)
    if (count !== after.length) {
      file.problems.push(`line ${line}: job ${job} announces ${count} successors and lists ${after.length}`)
    }
    for (const successor of after) {
      if (successor < 1 || successor > jobs)
        file.problems.push(`line ${line}: job ${job} has an unknown successor ${successor}`)
    }
    successors.set(String(job), new Set(after.map(String)))
  }
  return successors
}

type Work = Pick<Activity, 'duration' | 'demand'>

function readWork(file: SmFile, rows: readonly Row[], jobs: number, resources: number): Map<string, Work> {
  file.checkJobs('REQUESTS/DURATIONS', rows, jobs)
  const work = new Map<string, Work>()
  for (const { line, numbers } of rows) {
    const [job = 0, , duration = 0, ...amounts] = numbers
    if (amounts.length !== resources) {
      file.problems.push(`line ${line}: job ${job} must have a duration and ${resources} requests`)
    }
    work.set(String(job), { duration, demand: byResource(amounts) })
  }
  return work
}

function readCapacities(file: SmFile, rows: readonly Row[], resources: number): Readonly<Record<string, number>> {
  const [row, ...others] = rows
  if (!row || others.length > 0 || row.numbers.length !== resources) {
    file.problems.push(`RESOURCEAVAILABILITIES must be one row of ${resources} amounts`)
  }
  return byResource(row?.numbers ?? [])
}

function byResource(amounts: readonly number[]): Readonly<Record<string, number>> {
  return Object.fromEntries(amounts.map((amount, index) => [`R${index + 1}`, amount]))
}
