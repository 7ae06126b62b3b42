import { Worker } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import type { ChartGraph } from '../view/chart/chart-graph.ts'
import type { ChartGeometry, ChartOptions } from '../view/chart/geometry.ts'

export interface LayoutRequest {
  readonly graph: ChartGraph
  readonly options: ChartOptions
}

export type LayoutAnswer = { readonly geometry: ChartGeometry } | { readonly problem: string }

interface Job extends LayoutRequest {
  resolve(geometry: ChartGeometry): void
  reject(error: Error): void
}

/** One layout may take this long; some graphs make some layouts run for ever. */
const longestMs = 20_000
const idleMs = 15_000
const waitingAtMost = 20

/** Lays charts out one after the other, in a thread that is there only while there is something to do. */
export class LayoutThread {
  readonly #jobs: Job[] = []
  #worker: Worker | null = null
  #job: Job | null = null
  #timer: NodeJS.Timeout | null = null

  /** @throws (rejects) Error if it takes too long, or too many wait */
  layOut(graph: ChartGraph, options: ChartOptions): Promise<ChartGeometry> {
    if (this.#jobs.length >= waitingAtMost) return Promise.reject(new Error('too many charts wait to be laid out'))
    return new Promise((resolve, reject) => {
      this.#jobs.push({ graph, options, resolve, reject })
      this.#next()
    })
  }

  async end(): Promise<void> {
    const worker = this.#worker
    this.#lose(new Error('the inspector was closed'))
    for (const job of this.#jobs.splice(0)) job.reject(new Error('the inspector was closed'))
    await worker?.terminate()
  }

  #next(): void {
    if (this.#job) return
    const job = this.#jobs.shift()
    if (this.#timer) clearTimeout(this.#timer)
    if (!job) {
      this.#timer = this.#after(idleMs, () => this.#lose(null))
      return
    }
    this.#job = job
    this.#timer = this.#after(longestMs, () => this.#lose(new Error(`the layout took longer than ${longestMs} ms`)))
    const request: LayoutRequest = { graph: job.graph, options: job.options }
    this.#started().postMessage(request)
  }

  #after(ms: number, then: () => void): NodeJS.Timeout {
    return setTimeout(then, ms).unref()
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    // Run from source, by a Node that strips types, or as built.
    const file = import.meta.url.endsWith('.ts') ? './layout-worker.ts' : './layout-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { execArgv: [] })
    worker.unref()
    worker.on('message', (answer: LayoutAnswer) => this.#answered(worker, answer))
    worker.on('error', (thrown: unknown) => {
      if (worker === this.#worker) this.#lose(new Error(`the layout failed: ${describeThrown(thrown)}`))
    })
    this.#worker = worker
    return worker
  }

  #answered(worker: Worker, answer: LayoutAnswer): void {
    const job = this.#job
    if (worker !== this.#worker || !job) return
    this.#job = null
    if ('geometry' in answer) job.resolve(answer.geometry)
    else job.reject(new Error(`the layout failed: ${answer.problem}`))
    this.#next()
  }

  /** The thread is of no use any more: who waits for it hears why, and the next job gets a new one. */
  #lose(error: Error | null): void {
    const [worker, job] = [this.#worker, this.#job]
    if (this.#timer) clearTimeout(this.#timer)
    this.#worker = null
    this.#job = null
    this.#timer = null
    void worker?.terminate()
    if (job && error) job.reject(error)
    if (this.#jobs.length > 0) this.#next()
  }
}
