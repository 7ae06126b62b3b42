import { z } from 'zod'
import type { TaskContext, TaskDefinition } from '../../model/definition.ts'
import type { Parsed } from '../../model/parse-once.ts'
import { parseOnce } from '../../model/parse-once.ts'
import { plantedMessage } from './faults.ts'
import type { Pilot } from './pilot.ts'
import { heldLogic, pilotedLogic } from './piloted-logic.ts'
import { PilotedTask } from './piloted-task.ts'

/** What stops the walked task between its handler's points. */
export interface Gates {
  /** Before its input is validated: `null` lets it pass; a sentence rejects it. */
  readonly validation: (() => Promise<string | null>) | null
  /** Before its output is checked: `false` refuses it. */
  readonly output: (() => Promise<boolean>) | null
}

export const noGates: Gates = { validation: null, output: null }

/** What no schema takes that looks at what it is given. */
const unfit: readonly unknown[] = [Symbol.for('taskwright.unfit'), undefined, null, -0.5, '', {}, [], Number.NaN]

/** Something that the schema refuses; `null` if nothing was found. */
export async function refusedBy(schema: z.ZodType): Promise<{ readonly value: unknown } | null> {
  for (const value of unfit) {
    const parsed = await parseOnce(schema, value)
    if (!parsed.ok) return { value }
  }
  return null
}

/** The user's schema, with a gate before it, and with a note of what it was given. */
function pilotedOutput(definition: TaskDefinition, pilot: Pilot, path: string, gate: Gates['output']): z.ZodType {
  return z.unknown().transform(async (given, context) => {
    const output = await spoilt(definition, pilot, path, given)
    pilot.note({ what: 'output', path, taskId: '', step: '', attempt: 0, value: output })
    if (gate && !(await gate())) {
      context.addIssue({ code: 'custom', message: plantedMessage })
      return z.NEVER
    }
    const parsed: Parsed = await parseOnce(definition.output, output)
    if (parsed.ok) return parsed.data
    for (const message of parsed.problems) context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

/** The output, or, if that is planted, something in its place that the schema refuses. */
async function spoilt(definition: TaskDefinition, pilot: Pilot, path: string, output: unknown): Promise<unknown> {
  const plant = pilot.plantFor('output', path)
  const refused = plant && (await refusedBy(definition.output))
  if (!plant || !refused) return output
  pilot.sprung.add(plant)
  return refused.value
}

/**
 * The same definition with a pilot on board: it can be stopped, and made to fail, wherever the user's code begins, ends
 * or calls the runtime. Nothing else of it changes.
 */
export function pilotedDefinition<Input extends z.ZodType, Output extends z.ZodType>(
  definition: TaskDefinition<Input, Output>,
  pilot: Pilot,
  path: string,
  gates: Gates,
): TaskDefinition<Input, Output>
export function pilotedDefinition(
  definition: TaskDefinition,
  pilot: Pilot,
  path: string,
  gates: Gates = noGates,
): TaskDefinition {
  const { validate, rollback, handler } = definition
  if (rollback) pilot.canUndo(path, 'rollback')
  return {
    ...definition,
    output: pilotedOutput(definition, pilot, path, gates.output),
    ...((validate || gates.validation) && {
      validate: async (input, run) => {
        const refusal = await gates.validation?.()
        if (typeof refusal === 'string') return refusal
        const plant = pilot.plantFor('validation', path)
        if (plant && validate) {
          pilot.sprung.add(plant)
          return plantedMessage
        }
        return validate && pilot.running(run.id, 'validate', () => validate(input, run))
      },
    }),
    ...(rollback && {
      rollback: (output, run) =>
        pilot.undo({ path, taskId: run.id, step: 'rollback', attempt: 0 }, run.signal, () => rollback(output, run)),
    }),
    handler:
      handler.form === 'actor'
        ? {
            form: 'actor',
            logic: gates.output
              ? heldLogic(pilotedLogic(handler.logic, pilot, path))
              : pilotedLogic(handler.logic, pilot, path),
          }
        : { form: 'function', run: (task, input) => runPiloted(definition, task, input, pilot, path) },
  }
}

async function runPiloted(
  definition: TaskDefinition,
  task: TaskContext,
  input: unknown,
  pilot: Pilot,
  path: string,
): Promise<unknown> {
  const { handler } = definition
  if (handler.form !== 'function') return undefined
  const piloted = new PilotedTask(task, pilot, path, (child, childPath) =>
    pilotedDefinition(child, pilot, childPath, noGates),
  )
  await piloted.reach('start', 'the start of its handler')
  const running = pilot.handling(task.id, () => handler.run(piloted, input))
  piloted.during('the middle of its handler')
  const output = await running
  await piloted.reach('end', 'the end of its handler')
  return output
}
