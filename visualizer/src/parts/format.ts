const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const two = (value: number) => String(value).padStart(2, '0')

/** A length of time in at most two units: `40 ms`, `3.2 s`, `4m 05s`, `2h 10m`, `3d 04h`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms)
  if (length < second) return `${Math.round(length)} ms`
  if (length < 10 * second) return `${(Math.floor(length / 100) / 10).toFixed(1)} s`
  if (length < minute) return `${Math.floor(length / second)} s`
  if (length < hour) return `${Math.floor(length / minute)}m ${two(Math.floor((length % minute) / second))}s`
  if (length < day) return `${Math.floor(length / hour)}h ${two(Math.floor((length % hour) / minute))}m`
  return `${Math.floor(length / day)}d ${two(Math.floor((length % day) / hour))}h`
}

/** A length of time in one unit, for columns: `4s`, `12m`, `3h`, `5d`. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms)
  if (age < minute) return `${Math.floor(age / second)}s`
  if (age < hour) return `${Math.floor(age / minute)}m`
  if (age < day) return `${Math.floor(age / hour)}h`
  return `${Math.floor(age / day)}d`
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })

export function formatClock(at: number): string {
  return clock.format(at)
}

/** With thousandths of a second, for histories. */
export function formatMoment(at: number): string {
  return `${clock.format(at)}.${String(Math.floor(at) % second).padStart(3, '0')}`
}

export function formatDate(at: number): string {
  return date.format(at)
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function formatCount(value: number): string {
  return whole.format(value)
}

/** An amount of a resource, in its own unit. */
export function formatAmount(value: number): string {
  return Math.abs(value) >= 100_000 ? short.format(value) : fine.format(value)
}

export function formatShare(share: number): string {
  const percent = share * 100
  return `${percent >= 99.95 || percent < 0.05 ? Math.round(percent) : percent.toFixed(1)} %`
}

const names = ['background', 'low', 'normal', 'high', 'critical'] as const

/** The name of a priority's level, or the number where it has none. */
export function formatPriority(priority: number): string {
  return names[priority] ?? fine.format(priority)
}
