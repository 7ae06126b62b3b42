import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** `run`, `undo`: an effect; `finished`: the handler was given the step's result. */
type EffectKind = 'run' | 'finished' | 'undo'

export interface Effect {
  readonly kind: EffectKind
  readonly key: string
  readonly inDoubt: boolean
}

/** The world outside: a file of effects, in the order in which they were made. Outlives every process. */
export class EffectsFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** On disk when it returns. */
  append(kind: EffectKind, key: string, inDoubt: boolean): void {
    const file = openSync(this.#path, 'a')
    try {
      writeSync(file, `${kind} ${key} ${inDoubt}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }

  has(kind: EffectKind, key: string): boolean {
    return this.read().some((effect) => effect.kind === kind && effect.key === key)
  }

  read(): Effect[] {
    if (!existsSync(this.#path)) return []
    const effects: Effect[] = []
    for (const line of readFileSync(this.#path, 'utf8').split('\n')) {
      const [kind, key = '', inDoubt] = line.split(' ')
      if (kind === 'run' || kind === 'finished' || kind === 'undo')
        effects.push({ kind, key, inDoubt: inDoubt === 'true' })
    }
    return effects
  }
}
