import { signal } from '@preact/signals'
import type { MachineLine } from '../../../../src/inspector/view/chart/chart-protocol.ts'
import type { ChartGeometry } from '../../../../src/inspector/view/chart/geometry.ts'
import { request } from '../../live/request.ts'

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'there'; readonly value: Value }

/** Counts up when a machine or a chart has arrived. */
const arrived = signal(0)
const charts = new Map<string, Loaded<ChartGeometry>>()
let machines: Loaded<readonly MachineLine[]> | null = null
let machinesAskedAt = 0

async function load<Value>(path: string): Promise<Loaded<Value>> {
  try {
    const response = await request(path)
    const value = await response.json()
    if (response.ok) return { state: 'there', value }
    return { state: 'failed', message: String(value.message ?? response.statusText) }
  } catch {
    return { state: 'failed', message: 'no answer from the server' }
  }
}

const staleMs = 10_000

/** The machines that can be drawn; asked for again now and then, as definitions may be added. */
export function machineList(): Loaded<readonly MachineLine[]> {
  void arrived.value
  if (!machines || performance.now() - machinesAskedAt > staleMs) {
    machinesAskedAt = performance.now()
    void load<readonly MachineLine[]>('/machines').then((loaded) => {
      if (machines?.state === 'there' && loaded.state === 'failed') return
      machines = loaded
      arrived.value += 1
    })
  }
  return machines ?? { state: 'loading' }
}

/** A chart laid out; asked for once. */
export function chartOf(machine: string, labels: 'full' | 'events', folded: readonly string[]): Loaded<ChartGeometry> {
  void arrived.value
  const search = new URLSearchParams({ labels, ...(folded.length > 0 && { folded: folded.join(',') }) })
  const path = `/machines/${encodeURIComponent(machine)}/geometry?${search}`
  const known = charts.get(path)
  if (known) return known
  charts.set(path, { state: 'loading' })
  void load<ChartGeometry>(path).then((loaded) => {
    charts.set(path, loaded)
    // Tried again when somebody looks again.
    if (loaded.state === 'failed') setTimeout(() => charts.delete(path), staleMs)
    arrived.value += 1
  })
  return { state: 'loading' }
}
