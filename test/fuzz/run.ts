import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

// `npm run fuzz -- [--target NAME] [--seconds N] [--seed N]`: feeds what parses input from outside with changed input.

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
})

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

let found = 0
for (const target of targets) {
  if (values.target !== undefined && target.name !== values.target) continue
  const report = await fuzz(target, { seconds: Number(values.seconds), seed: Number(values.seed) })
  const { executions, seconds, findings } = report
  found += findings.length
  const rate = Math.round(executions / seconds)
  console.log(
    `${target.name}: ${executions} executions in ${seconds.toFixed(0)} s (${rate}/s), ${findings.length} findings`,
  )
  for (const [index, { input, problem }] of findings.entries()) {
    const folder = new URL('found/', import.meta.url)
    mkdirSync(folder, { recursive: true })
    const file = new URL(`${target.name}-${index + 1}.txt`, folder)
    writeFileSync(file, input)
    console.log(`  ${file.pathname}: ${problem}`)
  }
}
if (unhandled.length > 0) console.log(`unhandled rejections: ${unhandled.length}`, unhandled[0])
process.exitCode = found > 0 || unhandled.length > 0 ? 1 : 0
