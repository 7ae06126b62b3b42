/** A server-sent event. `id`: `null` if it has none. */
export interface ServerSent {
  readonly event: string
  readonly data: string
  readonly id: string | null
}

/** Reads what the inspector sends: one line of data an event. Source: WHATWG HTML, "Server-sent events". */
export async function* serverSent(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSent, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const blocks = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
      yield { event: field('event') ?? 'message', data: field('data') ?? '', id: field('id') ?? null }
    }
  }
}
