import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { definitionMutants } from '../../testing/mutation/definition-mutants.ts'
import { serveVerdicts } from '../../testing/mutation/serve-verdicts.ts'
import { loadTasksModule } from '../../testing/tasks-module.ts'

const { path, name, from } = z.object({ path: z.string(), name: z.string(), from: z.number() }).parse(workerData)

/** A path that a fault keeps from its end is given up after so long: there are many. */
const watchdogMs = 5_000

if (parentPort)
  await serveVerdicts(parentPort, from, async () => {
    const { definitions } = await loadTasksModule(path)
    const exported = definitions.find((one) => one.name === name)
    if (!exported) throw new Error(`${path} exports no ${name}`)
    return definitionMutants(exported.definition, { watchdogMs, ...exported.samples })
  })
