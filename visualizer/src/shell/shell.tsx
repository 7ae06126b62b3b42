import { useEffect, useRef, useState } from 'preact/hooks'
import { link, shown } from '../live/session.ts'
import { ActionDialog } from '../operator/action-dialog.tsx'
import { Toasts } from '../operator/toast.tsx'
import { requestToken } from '../operator/token.ts'
import { TokenDialog } from '../operator/token-dialog.tsx'
import { Empty } from '../parts/empty.tsx'
import { ReplayBar } from '../replay/replay-bar.tsx'
import { views } from '../views/views.ts'
import { address, firstView, hrefTo } from './address.ts'
import { Banner } from './banner.tsx'
import { HealthBar } from './health-bar.tsx'
import { Navigation } from './navigation.tsx'

function View() {
  const { view: path } = address.value
  const entry = views.find((one) => one.path === path)
  if (!entry)
    return (
      <Empty icon="search" title="There is no such view">
        <a href={hrefTo({ view: firstView, filters: {} })}>To the tasks</a>
      </Empty>
    )
  if (link.value === 'refused')
    return (
      <Empty icon="key" title="This runtime shows itself only to those it knows">
        <button type="button" class="button is-main" onClick={() => void requestToken('')}>
          Give the token
        </button>
      </Empty>
    )
  if (!shown())
    return link.value === 'lost' ? (
      <Empty icon="warning" title="The server cannot be reached">
        It is tried again until it answers. Is the process still running?
      </Empty>
    ) : (
      <Empty icon="clock" title="Connecting" />
    )
  const Component = entry.component
  return <Component />
}

/** The page: navigation, health, and the view that the address names. */
export function Shell() {
  const [isMenuOpen, setMenuOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const path = address.value.view
  const title = views.find((one) => one.path === path)?.title ?? 'Unknown view'
  const isFirst = useRef(true)
  useEffect(() => {
    document.title = `${title} – Taskwright`
    // The keyboard goes on where the new view begins.
    if (!isFirst.current) main.current?.focus()
    isFirst.current = false
  }, [title])
  return (
    <div class="shell">
      <button type="button" class="button skip" onClick={() => main.current?.focus()}>
        Skip to the view
      </button>
      <Navigation isOpen={isMenuOpen} onClose={() => setMenuOpen(false)} />
      <HealthBar isMenuOpen={isMenuOpen} onMenu={() => setMenuOpen(!isMenuOpen)} />
      <Banner />
      <main ref={main} class="view" tabIndex={-1} aria-label={title}>
        <View />
      </main>
      <ReplayBar />
      <Toasts />
      <ActionDialog />
      <TokenDialog />
    </div>
  )
}
