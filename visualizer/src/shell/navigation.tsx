import { useEffect, useRef } from 'preact/hooks'
import { shown } from '../live/session.ts'
import { formatCount } from '../parts/format.ts'
import type { IconName } from '../parts/icon.tsx'
import { Icon } from '../parts/icon.tsx'
import type { ViewEntry } from '../views/view-entry.ts'
import { views } from '../views/views.ts'
import { address, hrefTo } from './address.ts'
import { Mark } from './mark.tsx'
import type { Theme } from './theme.ts'
import { chooseTheme, theme, themes } from './theme.ts'

function NavLink({ entry, onFollow }: { entry: ViewEntry; onFollow: () => void }) {
  const now = shown()
  const count = (now && entry.count?.(now)) ?? 0
  const isHere = address.value.view === entry.path
  return (
    <li>
      <a
        class="nav-link"
        href={hrefTo({ view: entry.path })}
        aria-current={isHere ? 'page' : undefined}
        onClick={onFollow}
      >
        <Icon name={entry.icon} />
        {entry.title}
        {count > 0 && <span class={`nav-count${entry.isUrgent ? ' is-urgent' : ''}`}>{formatCount(count)}</span>}
      </a>
    </li>
  )
}

const themeIcons: Readonly<Record<Theme, IconName>> = { system: 'system', light: 'light', dark: 'dark' }
const themeNames: Readonly<Record<Theme, string>> = {
  system: 'Colours of the system',
  light: 'Light colours',
  dark: 'Dark colours',
}

function ThemeSwitch() {
  return (
    <fieldset class="themes" aria-label="Colours">
      {themes.map((one) => (
        <button
          key={one}
          type="button"
          class="theme"
          aria-pressed={theme.value === one}
          title={themeNames[one]}
          aria-label={themeNames[one]}
          onClick={() => chooseTheme(one)}
        >
          <Icon name={themeIcons[one]} />
        </button>
      ))}
    </fieldset>
  )
}

const sources = { live: 'A live runtime', file: 'A journal, after the fact' } as const

/** The views. On a narrow page a drawer that a button opens, and Escape or a click beside it closes. */
export function Navigation({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const side = useRef<HTMLElement>(null)
  useEffect(() => {
    if (!isOpen) return
    side.current?.querySelector('a')?.focus()
    const close = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') onClose()
    }
    document.addEventListener('keydown', close)
    return () => document.removeEventListener('keydown', close)
  }, [isOpen, onClose])
  const subject = shown()?.subject
  return (
    <>
      {isOpen && <div class="side-shade" aria-hidden="true" onClick={onClose} />}
      <aside ref={side} id="side" class={`side${isOpen ? ' is-open' : ''}`} aria-label="Taskwright">
        <a class="brand" href={hrefTo({ view: 'tasks', task: null })} onClick={onClose}>
          <Mark />
          Taskwright
        </a>
        <nav aria-label="Views">
          <ul class="nav-list">
            {views.map((entry) => entry.isHidden || <NavLink key={entry.path} entry={entry} onFollow={onClose} />)}
          </ul>
        </nav>
        <div class="side-foot">
          {subject && <p class="hint">{sources[subject.source]}</p>}
          <ThemeSwitch />
        </div>
      </aside>
    </>
  )
}
