import { signal } from '@preact/signals'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const key = 'taskwright.theme'

function stored(): Theme {
  const value = localStorage.getItem(key)
  return themes.find((theme) => theme === value) ?? 'system'
}

export const theme = signal<Theme>('system')

/** Counts up when colours have changed: what is painted on a canvas reads them anew. */
export const colours = signal(0)

function apply(value: Theme): void {
  theme.value = value
  const { dataset } = document.documentElement
  if (value === 'system') delete dataset['theme']
  else dataset['theme'] = value
  colours.value += 1
}

export function chooseTheme(value: Theme): void {
  localStorage.setItem(key, value)
  apply(value)
}

export function followTheme(): void {
  apply(stored())
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
    matchMedia(query).addEventListener('change', () => {
      colours.value += 1
    })
}
