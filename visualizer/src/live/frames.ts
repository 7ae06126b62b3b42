import { EventSourceParserStream } from 'eventsource-parser/stream'
import { request } from './request.ts'

const firstPauseMs = 500
const longestPauseMs = 5_000

export interface FrameSource {
  /** Why nothing comes; `null`: nothing is wrong. */
  readonly problem: string | null
  close(): void
}

/** Frames of a stream that is listened to only while somebody looks; opened again after each drop. */
export function openFrames<Frame>(path: string, take: (frame: Frame) => void): FrameSource {
  const abort = new AbortController()
  const state: { problem: string | null } = { problem: null }
  let pauseMs = firstPauseMs
  const listen = async () => {
    const response = await request(path, { signal: abort.signal })
    if (!response.ok || !response.body) {
      const body = await response.json()
      state.problem = String(body.message ?? response.statusText)
      return
    }
    state.problem = null
    const reader = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pauseMs = firstPauseMs
      if (read.value.event === 'frame') take(JSON.parse(read.value.data))
    }
  }
  const again = () => {
    if (abort.signal.aborted) return
    setTimeout(go, pauseMs)
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }
  const lost = () => {
    state.problem = 'no answer from the server'
    again()
  }
  const go = () => void listen().then(again, lost)
  go()
  return {
    get problem() {
      return state.problem
    },
    close: () => abort.abort(),
  }
}
