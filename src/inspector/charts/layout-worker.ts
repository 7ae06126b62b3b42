import { parentPort } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { layOutChart } from './layout-chart.ts'
import type { LayoutAnswer, LayoutRequest } from './layout-thread.ts'

// The thread that lays charts out: ELK blocks the thread it runs in, and the server's is the runtime's.

parentPort?.on('message', ({ graph, options }: LayoutRequest) => {
  const answer = (message: LayoutAnswer) => parentPort?.postMessage(message)
  layOutChart(graph, options).then(
    (geometry) => answer({ geometry }),
    (thrown: unknown) => answer({ problem: describeThrown(thrown) }),
  )
})
