import { useState } from 'preact/hooks'
import type { TimeWindow } from './draw-timeline.ts'

const shortest = 20
const longest = 30 * 86_400_000
/** Room to the right of now, as a share of the whole. */
const ahead = 0.06

type Choice =
  | { readonly mode: 'follow'; readonly spanMs: number }
  | { readonly mode: 'still'; readonly from: number; readonly to: number }

export interface WindowControl {
  readonly window: TimeWindow
  /** It goes along with the time that is shown. */
  readonly follows: boolean
  /** @param at share of the width around which it is enlarged, from 0 to 1 */
  zoom(factor: number, at?: number): void
  /** @param share of the width, to the right */
  pan(share: number): void
  follow(): void
  /** Everything that is known. */
  whole(): void
}

function clamp(spanMs: number): number {
  return Math.min(longest, Math.max(shortest, spanMs))
}

/** What of time is seen. @param beginsAt of all that is known */
export function useWindow(now: number, beginsAt: number): WindowControl {
  const [choice, setChoice] = useState<Choice>({ mode: 'follow', spanMs: 60_000 })
  const window = windowOf(choice, now)
  const span = window.to - window.from
  const still = (from: number, to: number) => setChoice({ mode: 'still', from, to })
  return {
    window,
    follows: choice.mode === 'follow',
    zoom(factor, at = 0.5) {
      const next = clamp(span / factor)
      if (choice.mode === 'follow') setChoice({ mode: 'follow', spanMs: next })
      else still(window.from + (span - next) * at, window.from + (span - next) * at + next)
    },
    pan(share) {
      still(window.from + share * span, window.to + share * span)
    },
    follow() {
      setChoice({ mode: 'follow', spanMs: span })
    },
    whole() {
      setChoice({ mode: 'follow', spanMs: clamp((now - beginsAt) * (1 + 2 * ahead) + 1_000) })
    },
  }
}

function windowOf(choice: Choice, now: number): TimeWindow {
  if (choice.mode === 'still') return choice
  const to = now + ahead * choice.spanMs
  return { from: to - choice.spanMs, to }
}
