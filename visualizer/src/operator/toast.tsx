import { signal } from '@preact/signals'
import { Icon } from '../parts/icon.tsx'

interface Toast {
  readonly text: string
  readonly tone: 'good' | 'bad'
}

const toast = signal<Toast | null>(null)
const lastsMs = 6_000
let timer = 0

/** Says what came of something, for a while, where it covers nothing. */
export function say(text: string, tone: Toast['tone']): void {
  toast.value = { text, tone }
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    toast.value = null
  }, lastsMs)
}

export function Toasts() {
  const { value } = toast
  return (
    <div class="toasts" role="status">
      {value && (
        <p class={`toast is-${value.tone}`}>
          <Icon name={value.tone === 'good' ? 'check' : 'warning'} />
          {value.text}
        </p>
      )}
    </div>
  )
}
