import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { lifecycleCases } from '../../src/testing/lifecycle/lifecycle-cases.ts'
import { supervisorFaults, taskLifeFaults } from '../../src/testing/mutation/life-faults.ts'
import { serveVerdicts } from '../../src/testing/mutation/serve-verdicts.ts'
import { supervisesAlike, supervisorSuite } from '../generated/supervisor-suite.ts'
import { watched } from '../generated/watched.ts'

const { machine, from } = z.object({ machine: z.enum(['task', 'supervisor']), from: z.number() }).parse(workerData)

if (parentPort)
  await serveVerdicts(parentPort, from, async () =>
    machine === 'task'
      ? { suite: await lifecycleCases(watched, { inputs: ['in'], watchdogMs: 4_000 }), mutants: taskLifeFaults() }
      : { suite: supervisorSuite(), mutants: supervisorFaults(supervisesAlike) },
  )
