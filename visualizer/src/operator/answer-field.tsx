import { useId } from 'preact/hooks'
import type { Field } from './schema-form.ts'

interface AnswerFieldProps {
  readonly field: Field
  readonly value: string
  readonly onChange: (value: string) => void
}

function Input({ id, field, value, onChange }: AnswerFieldProps & { readonly id: string }) {
  const { input, isRequired } = field
  switch (input.form) {
    case 'choice':
      return (
        <select id={id} class="field" value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {!isRequired && <option value="">–</option>}
          {input.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )
    case 'number':
      return (
        <input
          id={id}
          class="field"
          type="number"
          step={input.isWhole ? 1 : 'any'}
          {...(input.least !== null && { min: input.least })}
          {...(input.most !== null && { max: input.most })}
          required={isRequired}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )
    case 'json':
      return (
        <textarea
          id={id}
          class="field is-wide mono"
          rows={3}
          placeholder="JSON"
          required={isRequired}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )
    default:
      return (
        <input
          id={id}
          class="field is-wide"
          {...(input.form === 'text' && input.longest !== null && { maxLength: input.longest })}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )
  }
}

/** One field of an answer, with its label. */
export function AnswerField({ field, value, onChange }: AnswerFieldProps) {
  const id = useId()
  if (field.input.form === 'switch')
    return (
      <label class="check">
        <input
          type="checkbox"
          checked={value === 'true'}
          onChange={({ currentTarget }) => onChange(String(currentTarget.checked))}
        />
        {field.label}
      </label>
    )
  return (
    <div>
      <label class="label" for={id}>
        {field.label}
      </label>
      <Input id={id} field={field} value={value} onChange={onChange} />
    </div>
  )
}
