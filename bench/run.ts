import { writeFile } from 'node:fs/promises'
import { measureBacklog } from './backlog.ts'
import { measureHeap } from './heap.ts'
import { measureThroughput } from './throughput.ts'

/** `npm run bench`: prints the tables and writes `bench/results.json`. Compare within one run; machines differ. */
// First, in a fresh heap: garbage of the others would be counted as ours.
const heap = await measureHeap(20_000)
console.log('Heap of a live task')
console.table(heap)

const throughput = await measureThroughput(20_000, 32, 5)
console.log('No-op job, 20,000 tasks, concurrency 32')
console.table(throughput)

const backlog = await measureBacklog([1_000, 10_000, 100_000], 3)
console.log('Cost of a task with others waiting')
console.table(backlog)

const results = { node: process.version, throughput, backlog, heap }
await writeFile(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
