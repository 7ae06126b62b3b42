import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { CommandInput, CommandResult } from '../../inspector/protocol.ts'
import { apiBase, commandResultSchema, problemSchema, usualPort } from '../../inspector/protocol.ts'
import { describeThrown, TaskwrightError } from '../../model/errors.ts'
import { CommandError } from '../command-error.ts'

/** The inspector did not do what was asked: nobody listens, the token is wrong, the task is unknown. */
export class RemoteError extends TaskwrightError<'UNREACHABLE' | 'REFUSED'> {}

/** The flags of every command that talks to an inspector. */
export const remoteFlags = [
  {
    flags: '--url [url]',
    description: `where the inspector is (default: $TASKWRIGHT_URL, else http://127.0.0.1:${usualPort})`,
  },
  {
    flags: '--token-file [path]',
    description: 'a file with the token that the inspector printed (default: $TASKWRIGHT_TOKEN)',
  },
] as const

export const jsonFlag = { flags: '--json', description: 'print JSON' } as const

const url = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:7878' })
  .transform((text) => new URL(text))

export const remoteOptions = {
  url: url.optional(),
  tokenFile: z.string({ error: 'must be a path' }).optional(),
} as const

/** Where an inspector is, and what it is shown. */
export interface Remote {
  readonly url?: URL | undefined
  readonly tokenFile?: string | undefined
}

const timeoutMs = 10_000

/** @throws CommandError `USAGE` if the environment names no address */
function placeOf(given: URL | undefined): URL {
  if (given) return given
  const read = url.safeParse(process.env.TASKWRIGHT_URL ?? `http://127.0.0.1:${usualPort}`)
  if (read.success) return read.data
  throw new CommandError('USAGE', 'taskwright', ['TASKWRIGHT_URL must be an address such as http://127.0.0.1:7878'])
}

const advice = 'give --token-file PATH, or set TASKWRIGHT_TOKEN: the inspector printed the token when it started'

/** `null`: there is none. @throws CommandError `FILE_INVALID` */
async function readToken(path: string | undefined): Promise<string | null> {
  if (path === undefined) return process.env.TASKWRIGHT_TOKEN?.trim() || null
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new CommandError('FILE_INVALID', path, [describeThrown(thrown)], { cause: thrown })
  })
  if (text.trim() === '') throw new CommandError('FILE_INVALID', path, [`it is empty; ${advice}`])
  return text.trim()
}

/** Talks to the inspector of a runtime, over HTTP. */
export class InspectorClient {
  readonly place: URL
  readonly #tokenFile: string | undefined
  readonly #signal: AbortSignal

  /** @param signal ends what is under way */
  constructor({ url: place, tokenFile }: Remote, signal: AbortSignal) {
    this.place = placeOf(place)
    this.#tokenFile = tokenFile
    this.#signal = signal
  }

  /** @throws RemoteError */
  async read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#parsed(await this.#call(`${apiBase}${path}`, {}), schema)
  }

  /** @throws RemoteError; CommandError if there is no token */
  async command(command: CommandInput): Promise<CommandResult> {
    if ((await readToken(this.#tokenFile)) === null)
      throw new CommandError('USAGE', 'what changes something needs a token', [advice])
    const response = await this.#call(`${apiBase}/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
    })
    return this.#parsed(response, commandResultSchema)
  }

  /** A stream that lasts until `signal`. @throws RemoteError */
  async stream(after: number | null): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = after === null ? {} : { 'last-event-id': String(after) }
    const { body } = await this.#fetch(`${apiBase}/stream`, { headers, signal: this.#signal })
    if (!body) throw new RemoteError('UNREACHABLE', `${this.place.href} answered without a stream`)
    return body
  }

  #call(path: string, init: RequestInit): Promise<Response> {
    return this.#fetch(path, { ...init, signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]) })
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const token = await readToken(this.#tokenFile)
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    const response = await fetch(new URL(path, this.place), { ...init, headers, redirect: 'error' }).catch(
      (thrown: unknown) => {
        throw new RemoteError('UNREACHABLE', this.#unreachable(thrown), { cause: thrown })
      },
    )
    if (response.ok) return response
    throw await this.#refusal(response)
  }

  #unreachable(thrown: unknown): string {
    const { href } = this.place
    const cause = thrown instanceof Error ? thrown.cause : undefined
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ECONNREFUSED')
      return `nothing listens at ${href}; is the program running, and is that the address it printed? Give --url`
    if (thrown instanceof DOMException && thrown.name === 'TimeoutError')
      return `${href} did not answer within ${timeoutMs / 1_000} s`
    return `${href} cannot be reached: ${describeThrown(cause ?? thrown)}`
  }

  async #refusal(response: Response): Promise<RemoteError> {
    const text = await response.text()
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      body = null
    }
    const read = problemSchema.safeParse(body)
    if (!read.success)
      return new RemoteError('REFUSED', `${this.place.href} is no inspector: it answered with ${response.status}`)
    const { code, message, problems } = read.data
    if (code === 'TOKEN_WRONG')
      return new RemoteError('REFUSED', `${this.place.href} does not know the token; it printed one when it started`)
    return new RemoteError('REFUSED', `${message} (${code})${problems.map((one) => `\n  - ${one}`).join('')}`)
  }

  async #parsed<Schema extends z.ZodType>(response: Response, schema: Schema): Promise<z.output<Schema>> {
    const read = schema.safeParse(await response.json().catch(() => null))
    if (read.success) return read.data
    throw new RemoteError('REFUSED', `${this.place.href} is no inspector that this release understands`)
  }
}
