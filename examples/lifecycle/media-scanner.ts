/**
 * A media library that is scanned, checked, evaluated and moved, over and over. The chart is that of XState's example
 * of a media scanner (github.com/statelyai/xstate, examples/workflow-media-scanner), rebuilt as the handler of a task.
 */
import { defineTask } from 'taskwright'
import { assign, fromPromise, setup } from 'xstate'
import { z } from 'zod'

interface Library {
  readonly basePath: string
  readonly destinationPath: string
  readonly toCheck: readonly string[]
  readonly toEvaluate: readonly string[]
  readonly toMove: readonly string[]
  readonly toReport: readonly string[]
}

const mediaScannerMachine = setup({
  types: {} as {
    input: { basePath: string; destinationPath: string }
    context: Library
    events: { type: 'StartScan' } | { type: 'Restart' }
  },
  actors: {
    scanLibrary: fromPromise<string[], { basePath: string }>(async ({ input }) => [`${input.basePath}/films`]),
    checkPermissions: fromPromise<{ toEvaluate: string[]; toReport: string[] }, { folders: readonly string[] }>(
      async ({ input }) => ({ toEvaluate: [...input.folders], toReport: [] }),
    ),
    evaluateFiles: fromPromise<string[], { folders: readonly string[] }>(async ({ input }) => [...input.folders]),
    moveFiles: fromPromise<void, { folders: readonly string[]; destinationPath: string }>(async () => undefined),
  },
}).createMachine({
  id: 'mediaScanner',
  context: ({ input }) => ({ ...input, toCheck: [], toEvaluate: [], toMove: [], toReport: [] }),
  initial: 'idle',
  states: {
    idle: { on: { StartScan: 'scanning' } },
    scanning: {
      invoke: {
        src: 'scanLibrary',
        input: ({ context }) => ({ basePath: context.basePath }),
        onDone: { target: 'checkingPermissions', actions: assign({ toCheck: ({ event }) => event.output }) },
        onError: 'reportingErrors',
      },
    },
    checkingPermissions: {
      invoke: {
        src: 'checkPermissions',
        input: ({ context }) => ({ folders: context.toCheck }),
        onDone: { target: 'evaluatingFiles', actions: assign(({ event }) => event.output) },
        onError: 'reportingErrors',
      },
    },
    evaluatingFiles: {
      invoke: {
        src: 'evaluateFiles',
        input: ({ context }) => ({ folders: context.toEvaluate }),
        onDone: { target: 'movingFiles', actions: assign({ toMove: ({ event }) => event.output }) },
        onError: 'reportingErrors',
      },
    },
    movingFiles: {
      invoke: {
        src: 'moveFiles',
        input: ({ context }) => ({ folders: context.toMove, destinationPath: context.destinationPath }),
        onDone: 'idle',
        onError: 'reportingErrors',
      },
    },
    reportingErrors: { on: { Restart: 'idle' } },
  },
})

export const mediaScanner = defineTask({
  type: 'mediaScanner',
  kind: 'processing',
  input: z.object({ basePath: z.string(), destinationPath: z.string() }),
  output: z.undefined(),
  run: mediaScannerMachine,
})

/** What the chart is walked with. */
export const lifecycle = { mediaScanner: { inputs: [{ basePath: '/library', destinationPath: '/films' }], events: [] } }
