import { z } from 'zod'
import type { TaskDefinition } from '../../model/definition.ts'
import { describeThrown } from '../../model/errors.ts'
import { parseOnce } from '../../model/parse-once.ts'
import { LifecycleError } from './lifecycle-error.ts'
import { plainSample } from './plain-sample.ts'

/** How often something is made up before a schema counts as one that takes nothing that can be made up. */
const tries = 50

/** What a schema may take that needs no making up. */
const simple: readonly unknown[] = ['yes', true, 1, null, undefined, {}, []]

type Generator = (schema: z.ZodType, seed: number) => unknown

let generator: Promise<Generator | null> | null = null

async function load(): Promise<Generator | null> {
  try {
    const [{ fake, seed: reseed, setFaker }, { faker }] = await Promise.all([
      import('zod-schema-faker/v4'),
      import('@faker-js/faker'),
    ])
    setFaker(faker)
    return (schema, seed) => {
      reseed(seed)
      return fake(schema)
    }
  } catch {
    // The user has not installed it: samples have to be given.
    return null
  }
}

async function fits(schema: z.ZodType, value: unknown): Promise<boolean> {
  return (await parseOnce(schema, value)).ok
}

/** A flow says little of its input: its members do. One member's input, or a list of them. */
async function sampleOfMembers({ input, uses }: TaskDefinition, seed: number): Promise<{ value: unknown } | null> {
  const [first] = uses
  if (!first || isSaid(input)) return null
  const samples: unknown[] = []
  for (let index = 0; index < 3; index += 1) samples.push(await inputSample(first, seed + index))
  for (const value of [samples[0], samples]) if (await fits(input, value)) return { value }
  return null
}

function isSaid(input: z.ZodType): boolean {
  return !(input instanceof z.ZodUnknown || input instanceof z.ZodCustom || input instanceof z.ZodArray)
}

/** An input of a definition that a person can read, told from its schema; `null`: what can be told does not fit. */
export async function plainInput({ input, uses }: TaskDefinition): Promise<{ readonly value: unknown } | null> {
  const [first] = uses
  const ofMember = first && !isSaid(input) ? await plainInput(first) : null
  const candidates = ofMember ? [ofMember, { value: [ofMember.value] }] : [plainSample(input)]
  for (const candidate of candidates) if (candidate && (await fits(input, candidate.value))) return candidate
  return null
}

/** An input of a definition that is made up. @throws LifecycleError `LIFECYCLE_UNFIT` */
export async function inputSample(definition: TaskDefinition, seed: number): Promise<unknown> {
  const { type, input } = definition
  const ofMembers = await sampleOfMembers(definition, seed)
  if (ofMembers) return ofMembers.value
  return sampleOf(input, seed, `the input of ${type}`, 'give the option `inputs`')
}

/**
 * Something that a schema takes; the same seed gives the same.
 * @param what it is of, for the message
 * @param remedy what to do if nothing is found
 * @throws LifecycleError `LIFECYCLE_UNFIT`
 */
export async function sampleOf(schema: z.ZodType, seed: number, what: string, remedy: string): Promise<unknown> {
  generator ??= load()
  const generate = await generator
  let problem = 'nothing that was made up passes its refinements'
  for (let attempt = 0; generate && attempt < tries; attempt += 1) {
    try {
      const value = generate(schema, seed + attempt)
      if (await fits(schema, value)) return value
    } catch (thrown) {
      problem = `its schema cannot be made up from: ${describeThrown(thrown) || 'it uses something unusual'}`
      break
    }
  }
  const plain = plainSample(schema)
  for (const value of plain ? [plain.value, ...simple] : simple) if (await fits(schema, value)) return value
  const missing = 'install zod-schema-faker, @faker-js/faker and randexp, which make samples up'
  throw new LifecycleError('LIFECYCLE_UNFIT', `no sample was found for ${what}:`, [
    generate ? problem : missing,
    generate ? remedy : `or ${remedy}`,
  ])
}
