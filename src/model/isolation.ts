import { z } from 'zod'
import { durationSchema } from './duration.ts'
import type { StepOptions, StepRun, TaskLog } from './handler-parts.ts'
import type { Principal } from './principal.ts'
import type { Demand } from './resources.ts'

/** Where handlers run, the least isolated first. */
export const isolationLevels = ['inline', 'thread', 'process', 'wasm'] as const

export type IsolationLevel = (typeof isolationLevels)[number]

export type SandboxLevel = Exclude<IsolationLevel, 'inline'>

/** A host that a handler may fetch from. */
export interface FetchGrant {
  /** A name, or `*.name` for every name under it; with a port if it is not the scheme's own. */
  readonly host: string
  /** Its address may be private: of the machine itself, or of its network. */
  readonly private: boolean
}

/** What an isolated handler may reach, through the host. Everything else is out of its reach. */
export interface Capabilities {
  readonly fetch: readonly FetchGrant[]
  /** Files, and folders with all that is in them, as absolute paths. */
  readonly read: readonly string[]
  readonly secrets: readonly string[]
}

export interface CapabilitiesInput {
  /** Hosts that `task.fetch` may ask: `api.example.com`, `*.example.com`, `example.com:8443`. */
  fetch?: readonly (string | { readonly host: string; readonly private?: boolean })[]
  /** Absolute paths of files and folders that `task.read` may read. */
  read?: readonly string[]
  /** Names of secrets that `task.secret` may ask for. */
  secrets?: readonly string[]
}

/** What one attempt may use in its sandbox. */
export interface SandboxLimits {
  /** MiB of memory. */
  readonly memoryMb: number
  /** Processor time in ms. */
  readonly cpuMs: number
  /** The largest single message, output or result in bytes. */
  readonly messageBytes: number
  /** All messages of one attempt in bytes. */
  readonly totalBytes: number
  /** How many messages one attempt may send. */
  readonly messages: number
}

export interface SandboxLimitsInput {
  /** MiB of memory. Default 128. */
  memoryMb?: number
  /** Processor time of one attempt. Default 60 s. */
  cpu?: number | string
  /** The largest single message in bytes: an output, a result, a log line, a response. Default 1 MiB. */
  messageBytes?: number
  /** All messages of one attempt in bytes. Default 64 MiB. */
  totalBytes?: number
  /** How many messages one attempt may send. Default 100,000. */
  messages?: number
}

/** What one attempt has used in its sandbox. `wallMs`: from its start to its end. */
export interface SandboxUsage {
  readonly cpuMs: number
  readonly memoryBytes: number
  readonly outputBytes: number
  readonly wallMs: number
}

export type Questions = Readonly<Record<string, z.ZodType>>

/** The code of an isolated handler. The type parameters are what it takes and gives, if its maker has named them. */
export type HandlerSource<Input = unknown, Output = never> = {
  /** What its handler may ask, by name. */
  readonly questions: Questions
  readonly exportName: string
  /** Never set: carries types. */
  readonly types?: (input: Input) => Output
} & (
  | {
      readonly form: 'file'
      /** A `file:` address. */
      readonly href: string
      /** Folders that the code is in, beside its own and every `node_modules` above it: absolute paths. */
      readonly code: readonly string[]
    }
  | { readonly form: 'script'; readonly text: string }
)

/** Whatever it takes and gives. */
export type AnyHandlerSource = HandlerSource<never, unknown>

/** A handler that runs in a sandbox. */
export interface IsolatedHandler {
  readonly form: 'isolated'
  readonly level: SandboxLevel
  readonly source: AnyHandlerSource
  readonly can: Capabilities
  readonly limits: SandboxLimits
}

/** What `task.fetch` may say about a request. */
export interface FetchRequest {
  method?: string | undefined
  headers?: Readonly<Record<string, string>> | undefined
  body?: string | undefined
}

/** What `task.fetch` answers with. */
export interface FetchResponse {
  readonly status: number
  /** Where it came from, after redirects. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What a handler at the levels `thread`, `process` and `wasm` does its work with. All values that go in or out are JSON.
 * Every call is answered by the host, which checks it.
 */
export interface IsolatedTask<Asked extends Questions = Questions> {
  readonly id: string
  readonly type: string
  readonly principal: Principal
  /** The number of this attempt, from 1. */
  readonly attempt: number
  /** Aborted when the attempt must stop. After the definition's `grace` the sandbox is ended. */
  readonly signal: AbortSignal
  readonly log: TaskLog
  /** The host's time, ms since the epoch. */
  now(): number
  /** From 0 (inclusive) to 1 (exclusive), of the sandbox's own chance. */
  random(): number
  /**
   * As at the level `inline`: its function, and its undo, run in the sandbox; for the undo the handler is run once more,
   * over the recorded results, up to this step.
   */
  step<Result>(
    name: string,
    run: (step: StepRun) => Result | Promise<Result>,
    options?: StepOptions<Result>,
  ): Promise<Result>
  progress(fraction: number, message?: string): void
  used(usage: Demand): void
  heartbeat(): void
  /** Asks a question of those that the handler was made with: the host has its schema. */
  ask<Name extends keyof Asked & string>(
    question: Name,
    prompt: string,
    options?: { timeoutMs?: number; default?: z.input<Asked[Name]> },
  ): Promise<z.output<Asked[Name]>>
  sleep(ms: number): Promise<void>
  /** Fetches through the host, from the hosts of `can.fetch` only. Every redirect is held to the same. */
  fetch(url: string, request?: FetchRequest): Promise<FetchResponse>
  /** A text file of `can.read`. */
  read(path: string): Promise<string>
  /** A secret of `can.secrets`, from the host's provider. */
  secret(name: string): Promise<string>
}

const hostPattern = /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?(:[0-9]{1,5})?$|^\[[0-9a-f:.]+\](:[0-9]{1,5})?$/

const hostSchema = z
  .string()
  .toLowerCase()
  .regex(hostPattern, 'not a host; give a name such as api.example.com, *.example.com or example.com:8443')

export const capabilitiesSchema = z.strictObject({
  fetch: z
    .array(
      z
        .union([hostSchema, z.strictObject({ host: hostSchema, private: z.boolean().default(false) })])
        .transform((grant): FetchGrant => (typeof grant === 'string' ? { host: grant, private: false } : grant)),
    )
    .default([]),
  read: z.array(z.string().startsWith('/', 'give an absolute path')).default([]),
  secrets: z.array(z.string().min(1)).default([]),
})

export const sandboxLimitsSchema = z
  .strictObject({
    memoryMb: z.int().min(16).max(4_096).default(128),
    cpu: durationSchema.default(60_000),
    messageBytes: z.int().min(1_024).max(0x1000_0000).default(0x10_0000),
    totalBytes: z.int().min(1_024).default(0x400_0000),
    messages: z.int().min(1).default(100_000),
  })
  .transform(({ cpu, ...rest }): SandboxLimits => ({ ...rest, cpuMs: cpu }))

const sourceParts = {
  exportName: z.string().min(1),
  questions: z.record(
    z.string().min(1),
    z.custom<z.ZodType>((value) => value instanceof z.ZodType, 'a question is a Zod schema'),
  ),
}

export const handlerSourceSchema = z.discriminatedUnion('form', [
  z.strictObject({
    form: z.literal('file'),
    href: z.string().startsWith('file:', 'give a file: address, such as new URL("./work.ts", import.meta.url)'),
    code: z.array(z.string().startsWith('/', 'give an absolute path')),
    ...sourceParts,
  }),
  z.strictObject({ form: z.literal('script'), text: z.string().min(1).max(0x10_0000), ...sourceParts }),
])

export function isHandlerSource(value: unknown): value is AnyHandlerSource {
  return typeof value === 'object' && value !== null && 'form' in value && 'exportName' in value
}

function rankOf(level: IsolationLevel): number {
  return isolationLevels.indexOf(level)
}

/** Where the handler's code can run at all. */
function levelsFor(source: AnyHandlerSource): readonly SandboxLevel[] {
  return source.form === 'script' ? ['wasm'] : ['thread', 'process']
}

/** Why a handler's code cannot run at that level; `null`: it can. */
export function unfitFor(source: AnyHandlerSource, level: IsolationLevel): string | null {
  if (levelsFor(source).some((fit) => fit === level)) return null
  return source.form === 'script'
    ? `isolation: a script runs at the level 'wasm', not at '${level}'; for other levels give run: handlerFile(…)`
    : `isolation: a handler file runs at the levels 'thread' and 'process', not at '${level}'; give run: scriptHandler(…) for 'wasm', or a function for 'inline'`
}

/** The level that a handler runs at where nothing below `floor` may: its own, or the next that can; `null`: none. */
export function raisedLevel({ source, level }: IsolatedHandler, floor: IsolationLevel): SandboxLevel | null {
  const lowest = Math.max(rankOf(level), rankOf(floor))
  return levelsFor(source).find((candidate) => rankOf(candidate) >= lowest) ?? null
}
