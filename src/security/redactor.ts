import type { Scrub } from './redaction.ts'
import { redact, redactIn } from './redaction.ts'
import { isSecretKey } from './secret-keys.ts'
import { mask, redactText } from './secret-text.ts'
import { SecretValues } from './secret-values.ts'

/** What a host knows to be secret beyond what is recognised anyway. */
export interface SecretsOptions {
  /** Further names whose values are hidden, as they are written. */
  names?: readonly string[]
  /** What is hidden in free text, all of each match. They run over text from outside: keep them linear. */
  patterns?: readonly RegExp[]
  /** Values that are hidden wherever they turn up, such as the host's own API keys. */
  values?: readonly string[]
  /**
   * What to do with definitions that have `secret()` fields when the store would write them down unencrypted:
   * refuse them (the default), or allow it.
   */
  unencrypted?: 'refuse' | 'allow'
}

/** Takes secrets out of what leaves the runtime: events, journal, log, views. */
export class Redactor {
  readonly #isSecretName: (name: string) => boolean
  readonly #patterns: readonly RegExp[]
  readonly #values = new SecretValues()

  constructor({ names = [], patterns = [], values = [] }: SecretsOptions = {}) {
    const further = new Set(names)
    this.#isSecretName = (name) => further.has(name) || isSecretKey(name)
    this.#patterns = patterns.map(({ source, flags }) => new RegExp(source, flags.replaceAll(/[gy]/g, '').concat('g')))
    for (const value of values) this.#values.add(value)
  }

  /** @param known values that are secret where the text comes from */
  text(text: string, known?: SecretValues): string {
    return redactIn(text, this.#scrubWith(known), this.#isSecretName)
  }

  /** A copy of any value, as plain data. Never throws. */
  data(value: unknown, known?: SecretValues): unknown {
    return redact(value, this.#scrubWith(known), this.#isSecretName)
  }

  #scrubWith(known: SecretValues | undefined): Scrub {
    return (text) => {
      let clean = this.#values.hide(known ? known.hide(text) : text)
      for (const pattern of this.#patterns) clean = clean.replace(pattern, mask)
      return redactText(clean)
    }
  }
}
