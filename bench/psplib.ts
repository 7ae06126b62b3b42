/**
 * Runs every instance of a PSPLIB set (single-mode .sm files) through the runtime, with longest-path priority and,
 * as the control, first in, first out; prints how far the makespans are from the optimal ones on average.
 *
 *   node bench/psplib.ts FOLDER [RESULT.json]
 *
 * FOLDER has the set's table of optima (`j30opt.sm.txt`) and its instances (`j30.sm/j301_1.sm`, …), as PSPLIB gives
 * them: https://www.om-db.wi.tum.de/psplib/. The data is not part of this repository.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Project } from '../src/cli/project.ts'
import { parsePsplib } from '../src/cli/psplib.ts'
import type { Policy } from '../src/cli/schedule-project.ts'
import { policies, scheduleProject } from '../src/cli/schedule-project.ts'

interface Instance {
  readonly name: string
  readonly project: Project
  readonly optimum: number
}

interface Result {
  readonly policy: Policy
  readonly instances: number
  readonly meanGapPercent: number
  readonly largestGapPercent: number
  readonly optimal: number
  readonly violations: number
  readonly seconds: number
}

/** Rows of the table: parameter, instance, makespan, and others that do not matter here. */
async function readOptima(folder: string): Promise<Map<string, number>> {
  const name = (await readdir(folder)).find((file) => /opt\.sm/.test(file))
  if (!name) throw new Error(`${folder} has no table of optima (j30opt.sm.txt)`)
  const optima = new Map<string, number>()
  for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
    const [parameter, instance, makespan] = line.trim().split(/\s+/).map(Number)
    if (parameter && instance && makespan) optima.set(`${parameter}_${instance}`, makespan)
  }
  return optima
}

async function readInstances(folder: string): Promise<Instance[]> {
  const optima = await readOptima(folder)
  const paths = (await readdir(folder, { recursive: true }))
    .filter((path) => path.endsWith('.sm'))
    .map((path) => join(folder, path))
  const files = paths.filter((path) => /^j\d+_\d+\.sm$/.test(basename(path)))
  const size = /^j(30|60|90|120)/
  return Promise.all(
    files.toSorted().map(async (path) => {
      const name = basename(path, '.sm')
      const optimum = optima.get(name.replace(size, ''))
      if (optimum === undefined) throw new Error(`the table of optima has no row for ${name}`)
      return { name, project: parsePsplib(await readFile(path, 'utf8'), path), optimum }
    }),
  )
}

async function measure(instances: readonly Instance[], policy: Policy): Promise<Result> {
  const startedAt = performance.now()
  const gaps: number[] = []
  let violations = 0
  for (const { name, project, optimum } of instances) {
    const report = await scheduleProject(project, policy, new AbortController().signal)
    if (report.makespan < optimum)
      throw new Error(`${name}: the makespan ${report.makespan} is below the optimum ${optimum}`)
    for (const violation of report.violations) console.error(`${name}: ${violation}`)
    violations += report.violations.length
    gaps.push((report.makespan - optimum) / optimum)
  }
  return {
    policy,
    instances: gaps.length,
    meanGapPercent: round((100 * gaps.reduce((sum, gap) => sum + gap, 0)) / gaps.length),
    largestGapPercent: round(100 * Math.max(...gaps)),
    optimal: gaps.filter((gap) => gap === 0).length,
    violations,
    seconds: round((performance.now() - startedAt) / 1_000),
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

const [folder, resultFile] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node bench/psplib.ts FOLDER [RESULT.json]')
  process.exitCode = 2
} else {
  const instances = await readInstances(folder)
  const results: Result[] = []
  for (const policy of policies) results.push(await measure(instances, policy))
  console.table(results)
  if (resultFile) await writeFile(resultFile, `${JSON.stringify(results, null, 2)}\n`)
  if (results.some(({ violations }) => violations > 0)) process.exitCode = 1
}
