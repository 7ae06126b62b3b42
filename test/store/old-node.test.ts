import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from './scratch-store.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const out = join(root, 'node_modules', '.cache', `taskwright-${process.pid}`)

beforeAll(async () => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', out], { cwd: root })
}, 60_000)
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** What comes of a file store, and of a task without one, on some Node. */
async function opened(node: readonly string[], path: string): Promise<unknown> {
  const program = `
    const { createRuntime, defineTask } = await import(${JSON.stringify(pathToFileURL(join(out, 'index.js')))})
    const { z } = await import(${JSON.stringify(import.meta.resolve('zod'))})
    const echo = defineTask({ type: 'echo', kind: 'processing', input: z.number(), run: (_, n) => n })
    const inMemory = await createRuntime({ tasks: [echo] })
    const result = await (await inMemory.submit(echo, 7)).result()
    await inMemory.stop()
    const store = 'file:' + ${JSON.stringify(path)}
    const file = await createRuntime({ store }).then(
      (runtime) => runtime.stop().then(() => 'opened'),
      ({ code, message }) => ({ code, message }),
    )
    console.log(JSON.stringify({ version: process.version, result, file }))`
  const [command = '', ...args] = node
  const { stdout } = await run(command, [...args, '--input-type=module', '-e', program])
  return JSON.parse(stdout)
}

function unsupportedIn(version: string): unknown {
  return {
    version,
    result: 7,
    file: {
      code: 'STORE_UNSUPPORTED',
      message: `a file store needs node:sqlite, which this Node (${version}) does not have; use Node 22.13 or newer, or store: 'memory'`,
    },
  }
}

test('a Node without SQLite is told so, and makes no file', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  expect(await opened([process.execPath, '--no-experimental-sqlite'], path)).toEqual(unsupportedIn(process.version))
  expect(existsSync(path)).toBe(false)
})

test('a host that is a line of a command has a file store as any other', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  expect(await opened([process.execPath], path)).toEqual({ version: process.version, result: 7, file: 'opened' })
})

test('the Node of the machine has a file store, or is told that it is too old', async () => {
  const path = join(scratchFolder(), 'tasks.db')
  // npm puts the Node that the repository brings in front.
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const node = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file)) ?? process.execPath
  const { stdout } = await run(node, ['--version'])
  const version = stdout.trim()
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const isOld = major < 22 || (major === 22 && minor < 13)
  expect(await opened([node], path)).toEqual(isOld ? unsupportedIn(version) : { version, result: 7, file: 'opened' })
  expect(existsSync(path)).toBe(!isOld)
})
