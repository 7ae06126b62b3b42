import type { Runtime } from 'taskwright'
import type { Inspector } from 'taskwright/inspector'
import { serveInspector, usualPort } from 'taskwright/inspector'

/** Whether and where the page is served that shows the run. */
export interface Inspection {
  /** `null`: the usual one, or a free one if that is taken. */
  readonly port: number | null
  /** It stays when the work is done, until it is interrupted. */
  readonly keepOpen: boolean
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

/** @throws Error of the system if the port that was asked for is taken */
export async function openInspection(runtime: Runtime, { port }: Inspection): Promise<Inspector> {
  if (port !== null) return serveInspector(runtime, { port })
  return serveInspector(runtime, { port: usualPort }).catch((error: unknown) => {
    if (isTaken(error)) return serveInspector(runtime)
    throw error
  })
}
