/**
 * How many restarts are borne within a period before the supervisor stops restarting.
 * Source: Erlang/OTP supervisor behaviour, `intensity` and `period`.
 */
export class RestartIntensity {
  readonly restarts: number
  readonly withinMs: number
  #recent: number[] = []

  constructor(restarts: number, withinMs: number) {
    this.restarts = restarts
    this.withinMs = withinMs
  }

  /** Notes a crash. @returns whether it may still be answered by a restart. */
  note(now: number): boolean {
    this.#recent = this.#recent.filter((at) => at > now - this.withinMs)
    this.#recent.push(now)
    return this.#recent.length <= this.restarts
  }
}
