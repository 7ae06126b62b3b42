import type { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { RefusedError, refuse } from '../../model/errors.ts'
import { defineTask } from '../define-task.ts'
import { asFlow } from './flow-mark.ts'
import type { BranchingOptions } from './flow-options.ts'
import { assertMembers, ownSpec, readBranching } from './flow-options.ts'
import type { OutputsOf } from './parallel.ts'
import { shown } from './parallel.ts'
import type { FailurePolicy } from './run-members.ts'
import { runMembers } from './run-members.ts'

type Definitions = Readonly<Record<string, TaskDefinition>>

/** A node of a graph: what it runs, the nodes that it needs, and where its input comes from. */
export interface GraphNode<Definition extends TaskDefinition = TaskDefinition> {
  readonly definition: Definition
  readonly after: Definitions
  inputOf(input: unknown, outputs: Readonly<Record<string, unknown>>): unknown
}

/** Outputs of the nodes that a node needs, by name, and the graph's own input as `input`. */
export type NodeScope<FlowInput, After extends Definitions> = { readonly input: FlowInput } & {
  readonly [Name in keyof After]: z.output<After[Name]['output']>
}

export type MakeNode<FlowInput> = <
  Definition extends TaskDefinition,
  const After extends Definitions = Record<never, never>,
>(
  definition: Definition,
  options: { after?: After; input: (scope: NodeScope<FlowInput, After>) => z.input<Definition['input']> },
) => GraphNode<Definition>

type NodesOutputs<Nodes extends Readonly<Record<string, GraphNode>>, Policy extends FailurePolicy> = OutputsOf<
  { [Name in keyof Nodes]: Nodes[Name]['definition'] },
  Policy
>

/** {@link MakeNode} as the implementation sees it; method syntax lets each graph's own types stand in for these. */
interface LooseNodeOptions {
  after?: Definitions
  input(scope: { readonly input: unknown }): unknown
}

function makeNode(definition: TaskDefinition, options: LooseNodeOptions): GraphNode {
  const { after = {} } = options
  return { definition, after, inputOf: (input, outputs) => options.input({ ...outputs, input }) }
}

/** A cycle among the nodes, first node repeated at its end; `null` if there is none. */
function findCycle(nodes: Readonly<Record<string, GraphNode>>): string[] | null {
  const done = new Set<string>()
  for (const start of Object.keys(nodes)) {
    const path: string[] = []
    const onPath = new Set<string>()
    // Depth first with a stack of our own: a long chain must not overflow the call stack.
    const stack: { name: string; leave: boolean }[] = [{ name: start, leave: false }]
    for (let at = stack.pop(); at; at = stack.pop()) {
      const { name, leave } = at
      if (leave) {
        path.pop()
        onPath.delete(name)
        done.add(name)
        continue
      }
      if (onPath.has(name)) return [...path.slice(path.indexOf(name)), name]
      if (done.has(name)) continue
      path.push(name)
      onPath.add(name)
      stack.push({ name, leave: true })
      for (const needed of Object.keys(nodes[name]?.after ?? {})) stack.push({ name: needed, leave: false })
    }
  }
  return null
}

function assertGraph(type: string, nodes: Readonly<Record<string, GraphNode>>): void {
  const problems = Object.entries(nodes).flatMap(([name, { after }]) =>
    Object.entries(after).flatMap(([needed, definition]) => {
      const node = nodes[needed]
      if (!node) return [`${name} needs ${needed}, which is no node of the graph`]
      return node.definition === definition
        ? []
        : [`${name} needs ${needed} as ${definition.type}, but that node is ${node.definition.type}`]
    }),
  )
  if (Object.hasOwn(nodes, 'input'))
    problems.push('a node is called input, which is the name of the graph’s own input; rename it')
  if (problems.length > 0) throw refuse('FLOW_INVALID', `the graph ${type} is not valid`, problems)
  const cycle = findCycle(nodes)
  if (cycle)
    throw new RefusedError(
      'FLOW_CYCLE',
      `the graph ${type} has a cycle: ${cycle.join(' needs ')}; a node cannot wait for itself`,
    )
}

/**
 * Runs nodes as their dependencies complete. The output has theirs by name.
 * @throws RefusedError `FLOW_INVALID` for names that do not fit, `FLOW_CYCLE` with the cycle named.
 */
export function graph<
  Input extends z.ZodType,
  const Nodes extends Readonly<Record<string, GraphNode>>,
  Policy extends FailurePolicy = 'fail-fast',
>(
  options: BranchingOptions<Policy> & { input: Input; nodes: (node: MakeNode<z.output<Input>>) => Nodes },
): TaskDefinition<Input, z.ZodType<NodesOutputs<Nodes, Policy>>>
export function graph(
  options: BranchingOptions<FailurePolicy> & {
    input: z.ZodType
    nodes(node: typeof makeNode): Readonly<Record<string, GraphNode>>
  },
): TaskDefinition {
  const policy = readBranching(options)
  const nodes = options.nodes(makeNode)
  const names = Object.keys(nodes)
  assertMembers(options.type, names)
  assertGraph(options.type, nodes)
  return asFlow(
    defineTask({
      ...ownSpec(options),
      uses: Object.values(nodes).map(({ definition }) => definition),
      input: options.input,
      run: async (task, input) => {
        const members = Object.entries(nodes).map(([name, { definition, after, inputOf }]) => {
          const needed = Object.keys(after)
          return {
            name,
            definition,
            after: needed,
            inputOf: (outputs: ReadonlyMap<string, unknown>) =>
              inputOf(input, Object.fromEntries(needed.map((other) => [other, outputs.get(other)]))),
          }
        })
        const outcomes = await runMembers(task, members, policy)
        return Object.fromEntries(names.map((name) => [name, shown(outcomes.get(name), policy.onFailure)]))
      },
    }),
  )
}
