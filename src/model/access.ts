import type { Principal } from './principal.ts'
import type { Demand } from './resources.ts'

/** What may be done to a task. */
export type TaskAction =
  | 'submit'
  /** To see it: in lists, views, events, results, and as a dependency. */
  | 'read'
  | 'cancel'
  | 'pause'
  | 'resume'
  | 'answer'
  | 'rollBack'
  | 'reprioritise'
  /** To submit it once more, when it has ended. */
  | 'retry'
  /** To hold its actor: all its messages, and the power to send any. */
  | 'inspect'

/** What may be done to the runtime as a whole. */
export type RuntimeAction = 'read' | 'pause' | 'resume' | 'drain' | 'stop' | 'inspect' | 'configure'

/** `delegate`: to act for another principal. */
export type Action = TaskAction | RuntimeAction | 'resize' | 'delegate'

/** A task, or one that is to be. */
export interface TaskResource {
  readonly kind: 'task'
  readonly id: string
  readonly type: string
  readonly version: number
  /** Id of the principal that it acts for. */
  readonly principal: string
  readonly tenant: string | null
  readonly parentId: string | null
  readonly priority: number
  readonly demand: Demand
  readonly labels: Readonly<Record<string, string>>
}

export interface PoolResource {
  readonly kind: 'pool'
  readonly pool: string
  readonly resource: string
}

export interface PrincipalResource {
  readonly kind: 'principal'
  readonly id: string
  readonly principalKind: Principal['kind']
  readonly tenant: string | null
}

/** The runtime itself, with all that is in it. */
export interface RuntimeResource {
  readonly kind: 'runtime'
}

/** What is acted upon: always an instance, never a kind of things. */
export type Resource = TaskResource | PoolResource | PrincipalResource | RuntimeResource

export const theRuntime: RuntimeResource = { kind: 'runtime' }

/**
 * In whose name something is done. `within`: those on whose behalf the principal acts; nothing is done that one of them
 * may not do, so that a child never has more rights than its parents.
 */
export interface Authority {
  readonly principal: Principal
  readonly within: readonly Principal[]
  /** From when on it is void, ms since the epoch: that of a token. */
  readonly expiresAt?: number
  /** Why it acts now, for the audit log. */
  readonly why?: string
}

export const nobody: readonly Principal[] = []

/** Another principal that acts on behalf of an authority: within all its limits. */
export function delegated(to: Principal, by: Authority): Authority {
  if (to.id === by.principal.id) return by
  const within = [by.principal, ...by.within].filter(({ id }) => id !== to.id)
  return { ...by, principal: to, within }
}

/** In words, for refusals: `task task_1 (sum)`. */
export function describeResource(resource: Resource): string {
  switch (resource.kind) {
    case 'task':
      return `task ${resource.id} (${resource.type})`
    case 'pool':
      return `${resource.resource} of pool ${resource.pool}`
    case 'principal':
      return `${resource.principalKind} ${resource.id}`
    default:
      return 'the runtime'
  }
}

export function principalResource({ id, kind, tenant }: Principal): PrincipalResource {
  return { kind: 'principal', id, principalKind: kind, tenant: tenant ?? null }
}
