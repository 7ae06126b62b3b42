/** How often there may be a frame. */
const everyMs = 100
/** A client that hears nothing for longer takes the server for dead. */
const signOfLifeMs = 3_000

/**
 * A stream of server-sent events named `frame`. A frame is made only once the client has taken what came before: a slow
 * client costs nothing.
 * @param next the next frame; `null`: there is nothing to say
 * @param mayNoLonger whether the client may hear it no longer
 */
export function streamFrames(
  next: () => unknown,
  signal: AbortSignal,
  ended: () => void,
  mayNoLonger: () => boolean,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let timer: NodeJS.Timeout | null = null
  let saidAt = performance.now()
  let isOver = false
  const end = () => {
    if (timer) clearTimeout(timer)
    if (!isOver) ended()
    isOver = true
  }
  const bytes = (): Uint8Array | null => {
    const frame = next()
    if (frame === null && performance.now() - saidAt < signOfLifeMs) return null
    saidAt = performance.now()
    return encoder.encode(frame === null ? ': here\n\n' : `event: frame\ndata: ${JSON.stringify(frame)}\n\n`)
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener('abort', () => {
          if (isOver) return
          end()
          controller.close()
        })
      },
      pull(controller) {
        return new Promise<void>((resolve) => {
          const send = () => {
            if (isOver) return resolve()
            if (mayNoLonger()) {
              end()
              controller.close()
              return resolve()
            }
            const said = bytes()
            if (!said) {
              timer = setTimeout(send, everyMs)
              return
            }
            controller.enqueue(said)
            timer = setTimeout(resolve, everyMs)
          }
          send()
        })
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}
