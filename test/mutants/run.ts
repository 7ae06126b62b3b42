import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { copyTree } from './copy-tree.ts'
import type { Mutant } from './mutants.ts'
import { mutants } from './mutants.ts'
import { securityMutants } from './security-mutants.ts'

/**
 * Plants faults, one at a time, in copies of the tree, and runs the tests that should find them.
 * Exit code 0: every fault was found; 1: some were not; 2: a fault does not fit the code any more.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))

interface Verdict {
  readonly name: string
  readonly file: string
  readonly killed: boolean
  /** The first test that failed. */
  readonly by: string
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string().optional(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
})

function runTests(copy: string, tests: readonly string[]): Promise<{ passed: boolean; failed: string }> {
  const outputFile = join(copy, 'mutant-report.json')
  rmSync(outputFile, { force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--bail', '1', '--reporter=json', `--outputFile=${outputFile}`, ...tests]
  return new Promise((resolve) => {
    // A fault may make a test spin: what takes longer than this was found by its time.
    execFile(process.execPath, args, { cwd: copy, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }, (error) => {
      if (!error) resolve({ passed: true, failed: '' })
      else if (!existsSync(outputFile)) resolve({ passed: false, failed: '(did not end)' })
      else resolve({ passed: false, failed: firstFailure(readFileSync(outputFile, 'utf8')) })
    })
  })
}

function firstFailure(json: string): string {
  const { testResults } = reportSchema.parse(JSON.parse(json))
  const failed = testResults.flatMap((file) => file.assertionResults).find(({ status }) => status === 'failed')
  return failed?.fullName ?? testResults.find(({ message }) => message)?.message?.split('\n')[0] ?? '(unhandled error)'
}

async function plant(copy: string, mutant: Mutant): Promise<Verdict> {
  const path = join(copy, mutant.file)
  const original = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  )
  const { passed, failed } = await runTests(copy, mutant.tests)
  writeFileSync(path, original)
  return { name: mutant.name, file: mutant.file, killed: !passed, by: failed }
}

async function judgeAll(chosen: readonly Mutant[], workers: number, say: (line: string) => void): Promise<Verdict[]> {
  const queue = [...chosen]
  const verdicts: Verdict[] = []
  const work = async () => {
    const copy = copyTree(root)
    try {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const verdict = await plant(copy, mutant)
        verdicts.push(verdict)
        say(
          `${verdict.killed ? 'found   ' : 'SURVIVED'}  ${verdict.name}${verdict.killed ? `  by: ${verdict.by}` : ''}`,
        )
      }
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return verdicts
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } })
const { json, only } = values
const chosen = [...mutants, ...securityMutants].filter(({ name }) => only === undefined || name.includes(only))
const say = json ? console.error : console.log

const unfit = chosen.filter(({ file, from }) => !readFileSync(join(root, file), 'utf8').includes(from))
for (const { name, file } of unfit) say(`does not fit ${file} any more: ${name}`)
if (unfit.length > 0) process.exit(2)

const verdicts = await judgeAll(chosen, 2, say)
const survivors = verdicts.filter(({ killed }) => !killed).map(({ name }) => name)
say(`${verdicts.length} faults planted, ${verdicts.length - survivors.length} found`)
if (json)
  console.log(JSON.stringify({ mutants: verdicts.length, killed: verdicts.length - survivors.length, survivors }))
process.exitCode = survivors.length > 0 ? 1 : 0
