import type { Activity } from './project.ts'

/** The activities with every one behind those it comes after, else in the order given; or a cycle, first id repeated last. */
export type PrecedenceOrder =
  | { readonly kind: 'ordered'; readonly order: readonly Activity[] }
  | { readonly kind: 'cycle'; readonly cycle: readonly string[] }

interface Visit {
  readonly activity: Activity
  next: number
}

/** Depth-first topological order (Tarjan 1976), with its own stack so that a chain of any length fits. */
export function orderByPrecedence(activities: readonly Activity[]): PrecedenceOrder {
  const byId = new Map(activities.map((activity) => [activity.id, activity]))
  const placed = new Set<string>()
  const open = new Set<string>()
  const order: Activity[] = []
  for (const root of activities) {
    if (placed.has(root.id)) continue
    const stack: Visit[] = [{ activity: root, next: 0 }]
    open.add(root.id)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const parentId = top.activity.after[top.next]
      top.next += 1
      if (parentId === undefined) {
        stack.pop()
        open.delete(top.activity.id)
        placed.add(top.activity.id)
        order.push(top.activity)
        continue
      }
      if (open.has(parentId)) return { kind: 'cycle', cycle: cycleOn(stack, parentId) }
      const parent = byId.get(parentId)
      if (!parent || placed.has(parentId)) continue
      open.add(parentId)
      stack.push({ activity: parent, next: 0 })
    }
  }
  return { kind: 'ordered', order }
}

/** The stack holds children above parents-to-be: from the top down to the repeated one is the cycle, in order of work. */
function cycleOn(stack: readonly Visit[], repeated: string): string[] {
  const ids = stack.map(({ activity }) => activity.id)
  return [...ids.slice(ids.indexOf(repeated)), repeated].reverse()
}

/** The longest path, in sums of durations, from each activity's start to the end of the project. Takes them in precedence order. */
export function longestPathsToEnd(order: readonly Activity[]): ReadonlyMap<string, number> {
  const longestAfter = new Map<string, number>()
  const paths = new Map<string, number>()
  for (const { id, duration, after } of order.toReversed()) {
    const path = duration + (longestAfter.get(id) ?? 0)
    paths.set(id, path)
    for (const parent of after) longestAfter.set(parent, Math.max(longestAfter.get(parent) ?? 0, path))
  }
  return paths
}

/** The length of the longest path through the activities: no schedule is shorter. Takes them in precedence order. */
export function criticalPath(order: readonly Activity[]): number {
  let longest = 0
  for (const path of longestPathsToEnd(order).values()) longest = Math.max(longest, path)
  return longest
}

/** How many activities come after each one, directly or through others. Takes them in precedence order. */
export function countSuccessors(order: readonly Activity[]): ReadonlyMap<string, number> {
  const successors = new Map(order.map(({ id }) => [id, new Set<string>()]))
  for (const { id, after } of order.toReversed()) {
    const mine = successors.get(id) ?? []
    for (const parent of after) {
      const theirs = successors.get(parent)
      theirs?.add(id)
      for (const successor of mine) theirs?.add(successor)
    }
  }
  return new Map([...successors].map(([id, { size }]) => [id, size]))
}
