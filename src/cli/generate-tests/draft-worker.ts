import { parentPort, workerData } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { LifecycleError } from '../../testing/lifecycle/lifecycle-error.ts'
import type { DraftRequest, Drafts } from './drafts.ts'
import { draftTests } from './drafts.ts'

export type DraftAnswer =
  | { readonly ok: true; readonly drafts: Drafts }
  | { readonly ok: false; readonly problems: readonly string[] }

async function answer(request: DraftRequest): Promise<DraftAnswer> {
  try {
    return { ok: true, drafts: await draftTests(request) }
  } catch (thrown) {
    return { ok: false, problems: thrown instanceof LifecycleError ? thrown.problems : [describeThrown(thrown)] }
  }
}

parentPort?.postMessage(await answer(workerData))
