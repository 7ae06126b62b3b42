import { parseArgs } from 'node:util'
import { crashCycles } from './crash-cycles.ts'

// Exit code 0: nothing was found; 1: the problems are listed.
const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '500' },
    lanes: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
  },
})

const started = performance.now()
let done = 0
const report = await crashCycles(
  { seed: Number(values.seed), lanes: Number(values.lanes), cycles: Number(values.cycles) },
  () => {
    done += 1
    if (done % 50 === 0) console.log(`${done} cycles`)
  },
)
const { problems, ...counts } = report
console.log(`${JSON.stringify(counts)} in ${((performance.now() - started) / 1_000).toFixed(1)} s`)
for (const problem of problems) console.log(problem)
console.log(problems.length === 0 ? 'nothing was lost' : `${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
