import { Worker } from 'node:worker_threads'
import { describeThrown } from '../../model/errors.ts'
import { InterruptedError } from '../command-error.ts'
import { unusable } from '../input-file.ts'
import type { DraftAnswer } from './draft-worker.ts'
import type { DraftRequest, Drafts } from './drafts.ts'

export interface ThreadOptions {
  readonly signal: AbortSignal
  /** Told what the module prints. */
  onPrinted(text: string): void
  /** How long it may take, ms, before it is stopped. Default 60,000. */
  readonly limitMs?: number
}

/**
 * Drafts in a thread of its own: a module that starts a server, never ends or ends its process has no hold on the
 * command.
 * @throws CommandError `FILE_INVALID` (rejects) for a module that cannot be used; InterruptedError
 */
export async function draftInThread(request: DraftRequest, options: ThreadOptions): Promise<Drafts> {
  const { signal, onPrinted, limitMs = 60_000 } = options
  const file = import.meta.url.endsWith('.ts') ? './draft-worker.ts' : './draft-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: request, stdout: true, stderr: true })
  for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', onPrinted)
  const settled = Promise.withResolvers<DraftAnswer>()
  const refuse = (problem: string) => settled.resolve({ ok: false, problems: [problem] })
  worker.on('message', (answer: DraftAnswer) => settled.resolve(answer))
  worker.on('error', (thrown) => refuse(`it throws: ${describeThrown(thrown)}`))
  worker.on('exit', () => refuse('it ends its process when it is imported: move what runs into a module of its own'))
  const interrupt = () => settled.reject(new InterruptedError())
  signal.addEventListener('abort', interrupt, { once: true })
  if (signal.aborted) interrupt()
  const tooLong = `it takes longer than ${limitMs / 1000} s: something in it does not end`
  const timer = setTimeout(() => refuse(tooLong), limitMs)
  try {
    const answer = await settled.promise
    if (answer.ok) return answer.drafts
    throw unusable(request.path, answer.problems)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', interrupt)
    await worker.terminate()
  }
}
