import { mask } from './secret-text.ts'

/** Shorter values are hidden in their own fields only: in free text they would hit every other word. */
const shortest = 4

const mostForms = 1_000

/** How a value may look where it turns up: as it is, in JSON, in a URL, in base64 or hex. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const encoded = encodeURIComponent(value.toWellFormed())
  const inJson = JSON.stringify(value).slice(1, -1)
  return [
    value,
    inJson,
    // JSON inside of a string of JSON.
    JSON.stringify(inJson).slice(1, -1),
    encoded,
    encoded.replaceAll('%20', '+'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
}

/** Values that are known to be secret: hidden wherever they turn up. */
export class SecretValues {
  readonly #forms = new Set<string>()
  /** The longest first: one may be a part of another. */
  #sorted: readonly string[] | null = null

  get isEmpty(): boolean {
    return this.#forms.size === 0
  }

  add(value: string): void {
    if (value.length < shortest || this.#forms.size >= mostForms) return
    for (const form of formsOf(value)) if (form.length >= shortest) this.#forms.add(form)
    this.#sorted = null
  }

  hide(text: string): string {
    if (this.#forms.size === 0) return text
    this.#sorted ??= [...this.#forms].sort((one, other) => other.length - one.length)
    let clean = text
    for (const form of this.#sorted) if (clean.includes(form)) clean = clean.replaceAll(form, mask)
    return clean
  }
}
