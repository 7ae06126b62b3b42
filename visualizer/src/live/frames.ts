import { token } from '../operator/token.ts'
import { api } from './wire.ts'

const firstPauseMs = 500
const longestPauseMs = 5_000

/** Who asks, where somebody has said. */
export function whoAsks(): Record<string, string> {
  return token.value === null ? {} : { authorization: `Bearer ${token.value}` }
}

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
    const response = await fetch(`${api}${path}`, { signal: abort.signal, headers: whoAsks() })
    if (!response.ok || !response.body) {
      const body = await response.json()
      state.problem = String(body.message ?? response.statusText)
      return
    }
    state.problem = null
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pauseMs = firstPauseMs
      rest += read.value
      const parts = rest.split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part.startsWith('event: frame\ndata: ')) take(JSON.parse(part.slice(19)))
    }
  }
  const again = () => {
    if (abort.signal.aborted) return
    setTimeout(go, pauseMs)
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }
  const lost = () => {
    state.problem = 'the server cannot be reached'
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
