import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../../../src/inspector/protocol.ts'
import { repaint } from './painter.ts'
import { request } from './request.ts'

/** What the server said last to a question asked again and again. */
export interface Polled<Data> {
  readonly data: Data | null
  /** Why there is no answer; what was said before stays. */
  readonly problem: string | null
}

const everyMs = 1_000

/**
 * Asks for what only the runtime can say, once a second while it is drawn.
 * @param path below `/api/v1`; `null`: nothing is asked
 */
export function usePolled<Data>(path: string | null): Polled<Data> {
  const [state, setState] = useState<Polled<Data> & { readonly path: string | null }>({
    path,
    data: null,
    problem: null,
  })
  useEffect(() => {
    if (path === null) return
    const over = new AbortController()
    let timer = 0
    const ask = async () => {
      const next = await read<Data>(path, over.signal)
      if (over.signal.aborted) return
      setState((last) => ({ path, data: next.data ?? (last.path === path ? last.data : null), problem: next.problem }))
      repaint()
      timer = window.setTimeout(() => void ask(), everyMs)
    }
    void ask()
    return () => {
      over.abort()
      clearTimeout(timer)
    }
  }, [path])
  return state.path === path ? state : { data: null, problem: null }
}

async function read<Data>(path: string, signal: AbortSignal): Promise<Polled<Data>> {
  try {
    const response = await request(path, { signal })
    if (response.ok) {
      const data: Data = await response.json()
      return { data, problem: null }
    }
    const { message }: Problem = await response.json()
    return { data: null, problem: message }
  } catch {
    return { data: null, problem: 'the server cannot be reached' }
  }
}
