const whole = new Intl.NumberFormat('en-GB')

/** `1,234`. */
export function number(value: number): string {
  return whole.format(value)
}

/** `1 file`, `2 files`. */
export function count(value: number, thing: string): string {
  return `${number(value)} ${thing}${value === 1 ? '' : 's'}`
}

/** Bytes with a binary unit. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(value) / 10), units.length)
  return `${(value / 1024 ** power).toFixed(1)} ${units[power - 1] ?? 'B'}`
}

/** Milliseconds in the unit that fits. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1_000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** Date and time where the reader is: `2026-01-31 14:05:09`. */
export function moment(at: number): string {
  return new Date(at).toLocaleString('sv-SE')
}

/** A share from 0 to 1. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}

/** Control characters, and marks that turn the direction of writing: a file's name must not drive the reader's screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
}
