import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { listProblems, refuse } from '../model/errors.ts'
import type { AnyHandlerSource, HandlerSource, IsolatedTask, Questions } from '../model/isolation.ts'
import { handlerSourceSchema } from '../model/isolation.ts'

/** A function of a file that can be an isolated handler. */
type HandlerFunction = (task: IsolatedTask<never>, input: never) => unknown

/** What a handler takes and gives. Not named (`HandlerFunction` itself): the definition's schemas decide, when it runs. */
type SourceOf<Handler extends HandlerFunction> = HandlerFunction extends Handler
  ? HandlerSource
  : HandlerSource<Parameters<Handler>[1], Awaited<ReturnType<Handler>>>

export interface HandlerFileOptions {
  /** What the handler may ask, by name: the schemas stay in the host. */
  questions?: Questions
  /** Folders that its code is in, beside the file's own and every `node_modules` above it. */
  code?: readonly (string | URL)[]
}

function pathOf(folder: string | URL): string {
  return folder instanceof URL || folder.startsWith('file:') ? fileURLToPath(folder) : folder
}

function checked<Source extends AnyHandlerSource>(source: Source): Source {
  const read = handlerSourceSchema.safeParse(source)
  if (!read.success) throw refuse('DEFINITION_INVALID', 'the handler is not valid', listProblems(read.error))
  return Object.freeze(source)
}

/**
 * Names a handler that runs in another thread or process: the export of a module, a function
 * `(task: IsolatedTask, input) => output`. To have its types held against the definition's, name it:
 * `handlerFile<typeof import('./work.ts').work>(new URL('./work.ts', import.meta.url), 'work')`.
 * @throws RefusedError `DEFINITION_INVALID`
 */
export function handlerFile<Handler extends HandlerFunction = HandlerFunction>(
  file: URL | string,
  exportName?: string,
  options?: HandlerFileOptions,
): SourceOf<Handler>
export function handlerFile(
  file: URL | string,
  exportName = 'default',
  { questions = {}, code = [] }: HandlerFileOptions = {},
): HandlerSource {
  return checked({ form: 'file', href: String(file), exportName, questions, code: code.map(pathOf) })
}

/**
 * A handler as the text of a JavaScript module, for code that nobody has reviewed, such as a model's. It imports nothing;
 * its export is a function `(task, input) => output`, and what `task` offers is all that it can reach.
 * @throws RefusedError `DEFINITION_INVALID`
 */
export function scriptHandler<Input = unknown, Output = never>(
  text: string,
  { questions = {}, exportName = 'default' }: { questions?: Record<string, z.ZodType>; exportName?: string } = {},
): HandlerSource<Input, Output> {
  return checked<HandlerSource<Input, Output>>({ form: 'script', text, exportName, questions })
}
