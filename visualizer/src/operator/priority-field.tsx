import type { PriorityChoice } from './actions.ts'

const names = ['background', 'low', 'normal', 'high', 'critical'] as const

export function PriorityField({
  value,
  onChange,
}: {
  value: PriorityChoice
  onChange: (next: PriorityChoice) => void
}) {
  return (
    <label>
      <span class="label">Priority</span>
      <select
        class="field"
        value={String(value)}
        onChange={({ currentTarget }) => onChange(names.find((name) => name === currentTarget.value) ?? 'normal')}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}
