import { useEffect, useRef } from 'preact/hooks'
import type { RuntimeView } from '../../../../src/inspector/view/runtime-view.ts'
import type { taskKinds } from '../../../../src/model/kind.ts'
import { shown } from '../../live/session.ts'
import { formatCount } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { StageMark } from '../../parts/stage.tsx'
import { setFilters } from '../../shell/address.ts'
import { isNarrow } from '../../shell/media.ts'
import type { StageGroup, TaskQuery } from './task-query.ts'
import { sortColumns, stageGroups } from './task-query.ts'

/** Checked against the model's own list. */
export const kinds: typeof taskKinds = ['processing', 'analysis', 'integration', 'control']

function StageChips({ view, groups }: { view: RuntimeView; groups: readonly StageGroup[] }) {
  const toggle = (name: StageGroup) => {
    const next = groups.includes(name) ? groups.filter((one) => one !== name) : [...groups, name]
    setFilters({ stage: next.join(',') }, 'push')
  }
  return (
    <fieldset class="chips" aria-label="Stages">
      {stageGroups.map(({ name, stages }) => {
        const count = stages.reduce((sum, stage) => sum + view.byStage[stage], 0)
        return (
          <button
            key={name}
            type="button"
            class={`chip${count === 0 ? ' is-none' : ''}`}
            aria-pressed={groups.includes(name)}
            onClick={() => toggle(name)}
          >
            <StageMark stage={name} />
            <span class="chip-count">{formatCount(count)}</span>
          </button>
        )
      })}
    </fieldset>
  )
}

const otherSorts = sortColumns.filter((column) => column !== 'age')

function Choice({ name, all, value, options }: ChoiceProps) {
  return (
    <select
      class={`field choice${value ? ' is-set' : ''}`}
      aria-label={name}
      value={value ?? ''}
      onChange={({ currentTarget }) => setFilters({ [name.toLowerCase()]: currentTarget.value }, 'push')}
    >
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  )
}

interface ChoiceProps {
  readonly name: 'Kind' | 'Type' | 'Principal' | 'Sort'
  readonly all: string
  readonly value: string | null
  readonly options: readonly string[]
}

/** What the list is narrowed to; `/` leads to the search. */
export function TaskFilters({ query, names }: TaskFiltersProps) {
  const view = shown()?.view
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const find = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target instanceof Element && event.target.closest('input, textarea, select')))
        return
      event.preventDefault()
      search.current?.focus()
    }
    document.addEventListener('keydown', find)
    return () => document.removeEventListener('keydown', find)
  }, [])
  return (
    <div class="filters">
      <div class="filters-row">
        <label class="search">
          <span class="unseen">Search tasks</span>
          <Icon name="search" />
          <input
            ref={search}
            class="field"
            type="search"
            placeholder="Search by id, type, principal or error"
            value={query.text}
            spellcheck={false}
            onInput={({ currentTarget }) => setFilters({ q: currentTarget.value })}
          />
        </label>
        <Choice name="Kind" all="Every kind" value={query.kind} options={kinds} />
        <Choice name="Type" all="Every type" value={query.type} options={names.types} />
        <Choice name="Principal" all="Every principal" value={query.principal} options={names.principals} />
        {isNarrow.value && (
          <Choice
            name="Sort"
            all="Newest first"
            value={query.sort === 'age' ? null : query.sort}
            options={otherSorts}
          />
        )}
      </div>
      {view && <StageChips view={view} groups={query.groups} />}
    </div>
  )
}

interface TaskFiltersProps {
  readonly query: TaskQuery
  readonly names: { readonly types: readonly string[]; readonly principals: readonly string[] }
}
