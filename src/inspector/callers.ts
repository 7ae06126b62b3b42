import { createHash, timingSafeEqual } from 'node:crypto'
import type { Principal, PrincipalInput } from '../model/principal.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { CommandNote } from './operator.ts'
import { Operator } from './operator.ts'
import type { Command, CommandResult } from './protocol.ts'
import type { FoldedHistory, Inspected } from './subject.ts'
import { InspectedFile, InspectedRuntime } from './subject.ts'

/** Who calls, with what is shown and done for them. */
export interface Caller {
  /** `null`: there is nobody to be, as at a journal after the fact. */
  readonly principal: Principal | null
  /** When that ends, ms since the epoch; `null`: never. */
  readonly expiresAt: number | null
  /** The runtime as that principal has it; `null`: there is none. */
  readonly face: Runtime | null
  readonly inspected: Inspected
  /** `null`: nothing can be changed. */
  readonly carryOut: ((command: Command) => Promise<CommandResult>) | null
}

/** Finds out who calls. */
export interface Callers {
  /** Nothing can be changed, by anybody. */
  readonly isReadOnly: boolean
  /** @throws (rejects) RefusedError `TOKEN_REFUSED` */
  ofToken(token: string): Promise<Caller>
  /** Who reads without saying who it is; `null`: nobody may. */
  anybody(): Caller | null
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Compared in constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

export interface LiveCallersParts {
  readonly runtime: Runtime
  readonly history: FoldedHistory
  /** What the operator shows. */
  readonly token: string
  /** Whom that token stands for; without it: who serves the inspector. */
  readonly operator: PrincipalInput | undefined
  readonly noted: (note: CommandNote) => void
}

/** Of a runtime: each caller has the face of it that it has shown a token for. */
export class LiveCallers implements Callers {
  readonly isReadOnly = false
  readonly #parts: LiveCallersParts
  readonly #operator: Runtime
  readonly #carrier: Operator

  /** @throws ForbiddenError if who serves the inspector may not act for the operator */
  constructor(parts: LiveCallersParts) {
    this.#parts = parts
    this.#carrier = new Operator(parts.noted)
    this.#operator = parts.operator === undefined ? parts.runtime : parts.runtime.as(parts.operator)
  }

  async ofToken(token: string): Promise<Caller> {
    if (isSame(token, this.#parts.token)) return this.#callerOf(this.#operator)
    return this.#callerOf(await this.#parts.runtime.authenticate(token))
  }

  /** Without a policy everybody on this machine may see everything: who came so far has passed the door. */
  anybody(): Caller | null {
    return this.#parts.runtime.isGoverned ? null : this.#callerOf(this.#parts.runtime)
  }

  #callerOf(face: Runtime): Caller {
    const { principal, expiresAt } = face
    return {
      principal,
      expiresAt,
      face,
      inspected: new InspectedRuntime(face, this.#parts.history),
      carryOut: (command) => this.#carrier.carryOut(command, face),
    }
  }
}

/** Of a journal after the fact: whoever can reach it may read it. */
export class JournalCallers implements Callers {
  readonly isReadOnly = true
  readonly #caller: Caller

  constructor(history: FoldedHistory) {
    this.#caller = {
      principal: null,
      expiresAt: null,
      face: null,
      inspected: new InspectedFile(history),
      carryOut: null,
    }
  }

  ofToken(): Promise<Caller> {
    return Promise.resolve(this.#caller)
  }

  anybody(): Caller {
    return this.#caller
  }
}
