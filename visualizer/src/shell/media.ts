import { signal } from '@preact/signals'

/** Rows are cards, and panels are stacked. */
export const isNarrow = signal(false)

export function followMedia(): void {
  const query = matchMedia('(max-width: 719px)')
  const read = () => {
    isNarrow.value = query.matches
  }
  query.addEventListener('change', read)
  read()
}
