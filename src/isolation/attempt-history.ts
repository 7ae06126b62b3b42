type Ended = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

/** What a handler was answered in one attempt: enough to run it again up to any of its steps. */
export class AttemptHistory {
  readonly #steps = new Map<string, Ended>()
  readonly #answers: unknown[] = []

  note(step: string, ended: Ended): void {
    this.#steps.set(step, ended)
  }

  noteAnswer(answer: unknown): void {
    this.#answers.push(answer)
  }

  step(name: string): Ended | undefined {
    return this.#steps.get(name)
  }

  answer(index: number): { readonly value: unknown } | undefined {
    return index < this.#answers.length ? { value: this.#answers[index] } : undefined
  }
}
