import { NonRetryableError } from '../model/errors.ts'
import type { FetchGrant, FetchRequest, FetchResponse } from '../model/isolation.ts'
import type { Principal } from '../model/principal.ts'
import type { FetchBounds } from './host-fetch.ts'
import { hostFetch } from './host-fetch.ts'
import { hostRead } from './host-read.ts'

/** Gives a secret to a handler that may have it. `undefined`: there is none of that name. */
export type SecretProvider = (
  name: string,
  task: { readonly id: string; readonly type: string; readonly principal: Principal },
) => string | undefined | Promise<string | undefined>

/** Where sandboxes get what they were granted, and nothing else. */
export class CapabilityDesk {
  readonly #secrets: SecretProvider | null

  constructor(secrets: SecretProvider | null) {
    this.#secrets = secrets
  }

  fetch(
    grants: readonly FetchGrant[],
    url: string,
    request: FetchRequest,
    bounds: FetchBounds,
  ): Promise<FetchResponse> {
    return hostFetch(grants, url, request, bounds)
  }

  read(roots: readonly string[], path: string, maxBytes: number): Promise<string> {
    return hostRead(roots, path, maxBytes)
  }

  /** @throws (rejects) NonRetryableError for a name that was not granted, or that the provider does not know */
  async secret(
    names: readonly string[],
    name: string,
    { id, type, principal }: { id: string; type: string; principal: Principal },
  ): Promise<string> {
    if (!names.includes(name))
      throw new NonRetryableError(`secret ${name} is not granted: can.secrets has ${names.join(', ') || 'none'}`)
    const value = await Promise.resolve(this.#secrets?.(name, { id, type, principal }))
    if (typeof value !== 'string')
      throw new NonRetryableError(`the host has no secret ${name}; give one with the option isolation.secrets`)
    return value
  }
}
