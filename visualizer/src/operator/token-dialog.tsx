import { useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { keepToken, tokenRequest } from './token.ts'

/** Asks for the token, when a change needs it. */
export function TokenDialog() {
  const request = tokenRequest.value
  const [value, setValue] = useState('')
  if (!request) return null
  const given = value.trim()
  return (
    <Dialog title="Token needed" onClose={() => request.settle(false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!given) return
          keepToken(given)
          setValue('')
          request.settle(true)
        }}
      >
        <p>Give the token that the server printed when it started, or that you were given.</p>
        {request.reason && (
          <p class="form-problem" role="alert">
            {request.reason}
          </p>
        )}
        <label>
          <span class="label">Token</span>
          <input
            class="field is-wide mono"
            type="password"
            autocomplete="off"
            required
            value={value}
            onInput={({ currentTarget }) => setValue(currentTarget.value)}
          />
        </label>
        <p class="hint">Kept until this tab is closed.</p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={() => request.settle(false)}>
            Not now
          </button>
          <button type="submit" class="button is-main" disabled={!given}>
            Use this token
          </button>
        </div>
      </form>
    </Dialog>
  )
}
