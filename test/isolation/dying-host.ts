import { createRuntime } from 'taskwright'
import { sandboxed } from './sandboxed.ts'

// A host that says which process its sandbox is, and is then killed.

const bubblewrap = process.argv[2] === 'with' ? {} : { bubblewrap: '/nowhere/bwrap' }
const runtime = await createRuntime({ isolation: { process: { ...bubblewrap, without: ['bubblewrap', 'uid'] } } })
runtime.on('task.log', () => console.log('begun'))
await runtime.submit(sandboxed('process', 'stubborn'), null)
