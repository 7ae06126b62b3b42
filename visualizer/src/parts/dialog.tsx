import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

/** Asks for something, above all else. Escape closes it, and the keyboard returns to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOver = useRef(false)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    const element = dialog.current
    element?.showModal()
    return () => {
      // While it is open, nothing beside it can have the focus.
      isOver.current = true
      element?.close()
      const goBack = () => {
        if (before instanceof HTMLElement && before.isConnected && document.activeElement !== before) before.focus()
      }
      goBack()
      // Once more when it is gone: the browser may have had the last word.
      requestAnimationFrame(goBack)
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // Some ways out ask nobody.
      onClose={() => {
        if (!isOver.current) onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}
