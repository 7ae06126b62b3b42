import { useEffect, useState } from 'preact/hooks'
import type { CommandResult } from '../../../src/inspector/protocol.ts'
import { Dialog } from '../parts/dialog.tsx'
import { formatCount } from '../parts/format.ts'
import { ActionResult } from './action-result.tsx'
import type { ActionWords, Intent, PriorityChoice, RetryFrom } from './actions.ts'
import { actionWords, commandOf, intent } from './actions.ts'
import type { Answer } from './commands.ts'
import { sendCommand } from './commands.ts'
import { PriorityField } from './priority-field.tsx'
import { say } from './toast.tsx'

type Step =
  | { readonly form: 'asking' }
  | { readonly form: 'sending' }
  | { readonly form: 'done'; readonly result: CommandResult }
  | { readonly form: 'problem'; readonly answer: Extract<Answer, { form: 'problem' }> }

function sentence({ done }: ActionWords, count: number, what: Intent): string {
  if ('tasks' in what) return `${formatCount(count)} ${count === 1 ? 'task' : 'tasks'} ${done}`
  if (what.action === 'resize') return `${what.resource} ${done}`
  return 'taskType' in what ? `${what.taskType} ${done}` : `The runtime is ${done}`
}

/** What it would come to, as the server counts. `null`: not counted yet, or not about tasks. */
function useCount(what: Intent): CommandResult | null {
  const [count, setCount] = useState<CommandResult | null>(null)
  useEffect(() => {
    if (!('tasks' in what)) return
    let isOver = false
    const { action, tasks } = what
    const counted = action === 'reprioritise' ? { action, tasks, priority: 'normal' as const } : { action, tasks }
    void sendCommand({ ...counted, dryRun: true }).then((answer) => {
      if (isOver) return
      if (answer.form === 'result') setCount(answer.result)
      else intent.value = null
      if (answer.form === 'problem') say(answer.message, 'bad')
    })
    return () => {
      isOver = true
    }
  }, [what])
  return count
}

function Refused({ refused }: Pick<CommandResult, 'refused'>) {
  if (refused.length === 0) return null
  const codes = new Set(refused.map(({ code }) => code))
  return (
    <span class="form-refused">
      {formatCount(refused.length)} refused: {[...codes].join(', ')}
    </span>
  )
}

function titleOf(what: Intent): string {
  const { name } = actionWords[what.action]
  if ('tasks' in what) return `${name}: ${what.of}`
  if ('taskType' in what) return `${name} ${what.taskType}`
  return what.action === 'resize' ? `${name} ${what.resource}` : name
}

function Confirm({ what }: { what: Intent }) {
  const words = actionWords[what.action]
  const counted = useCount(what)
  const count = counted?.matched ?? null
  const [why, setWhy] = useState('')
  const [priority, setPriority] = useState<PriorityChoice>('high')
  const [capacity, setCapacity] = useState('capacity' in what ? String(what.capacity) : '0')
  const [from, setFrom] = useState<RetryFrom>('start')
  const [step, setStep] = useState<Step>({ form: 'asking' })
  const close = () => {
    intent.value = null
  }

  const carryOut = async () => {
    setStep({ form: 'sending' })
    const answer = await sendCommand(commandOf(what, { why: why.trim(), priority, capacity: Number(capacity), from }))
    if (answer.form === 'given up') return setStep({ form: 'asking' })
    if (answer.form === 'problem') return setStep({ form: 'problem', answer })
    const { result } = answer
    if (result.refused.length > 0) return setStep({ form: 'done', result })
    say(`${sentence(words, result.done.length, what)}.`, 'good')
    close()
  }

  const isMany = 'tasks' in what
  const isReady = step.form === 'asking' && (!isMany || (count ?? 0) > 0)
  const title = titleOf(what)
  if (step.form === 'done' || step.form === 'problem')
    return (
      <Dialog title={title} onClose={close}>
        {step.form === 'done' ? (
          <ActionResult headline={sentence(words, step.result.done.length, what)} result={step.result} />
        ) : (
          <p class="form-problem" role="alert">
            {[step.answer.message, ...step.answer.problems].join(' ')}
          </p>
        )}
        <div class="dialog-foot">
          <button type="button" class="button is-main" onClick={close}>
            Close
          </button>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={title} onClose={close}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void carryOut()
        }}
      >
        <p>{words.explained}</p>
        {isMany && (
          <p class="form-count" role="status">
            {count === null
              ? 'Counting…'
              : `${formatCount(count)} ${count === 1 ? 'task' : 'tasks'} it would be done to`}
            {counted !== null && <Refused refused={counted.refused} />}
          </p>
        )}
        {what.action === 'retry' && (
          <label>
            <span class="label">From</span>
            <select
              class="field"
              value={from}
              onChange={({ currentTarget }) => setFrom(currentTarget.value === 'failedStep' ? 'failedStep' : 'start')}
            >
              <option value="start">the start</option>
              <option value="failedStep">the step that failed: what finished stands</option>
            </select>
          </label>
        )}
        {what.action === 'reprioritise' && <PriorityField value={priority} onChange={setPriority} />}
        {what.action === 'resize' && (
          <label>
            <span class="label">Capacity</span>
            <input
              class="field"
              type="number"
              min="0"
              step="any"
              required
              value={capacity}
              onInput={({ currentTarget }) => setCapacity(currentTarget.value)}
            />
          </label>
        )}
        <label>
          <span class="label">Why</span>
          <input
            class="field is-wide"
            maxLength={1_000}
            placeholder="Goes to the log with the action"
            value={why}
            onInput={({ currentTarget }) => setWhy(currentTarget.value)}
          />
        </label>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class={`button ${words.isHarsh ? 'is-bad' : 'is-main'}`} disabled={!isReady}>
            {isMany && count !== null ? `${words.name} (${formatCount(count)})` : words.name}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Confirms an action: how many tasks it is about, and why; then tells what came of it. */
export function ActionDialog() {
  const what = intent.value
  return what && <Confirm what={what} />
}
