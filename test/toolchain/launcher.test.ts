import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchProject } from './scratch-project.ts'

/** Makes a Node tell the launcher that it is an old one; the Node that the launcher then starts is its true self. */
const oldNode = ['--import', 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})']

const tellsArguments = 'console.log(JSON.stringify(process.argv.slice(2)))\nprocess.exitCode = 7\n'

/** The launcher beside a built command that runs `main`, and beside the package `node` unless that is left out. */
function installation(main: string | null, bundledNode: string | null = process.version.slice(1)) {
  const { folder } = scratchProject(
    {
      'package.json': '{ "type": "module" }',
      ...(main === null ? {} : { 'dist/cli/main.js': main }),
      ...(bundledNode === null
        ? {}
        : { 'node_modules/node/package.json': JSON.stringify({ version: bundledNode, bin: { node: 'node' } }) }),
    },
    ['bin/taskwright.js'],
  )
  if (bundledNode !== null) symlinkSync(process.execPath, join(folder, 'node_modules/node/node'))
  return join(folder, 'bin/taskwright.js')
}

function run(nodeOptions: readonly string[], launcher: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, launcher, 'replay', '--slots=2'], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const told = { status: 7, stdout: '["replay","--slots=2"]\n', stderr: '' }

test('a Node that is new enough runs the command itself', () => {
  expect(run([], installation(tellsArguments, null))).toEqual(told)
})

test('an older Node hands arguments, output and exit code over to the Node of the repository', () => {
  expect(run(oldNode, installation(tellsArguments))).toEqual(told)
})

test('an older Node alone says which Node is needed', () => {
  const refusal = {
    status: 1,
    stdout: '',
    stderr: 'taskwright: needs Node 22.13 or newer, and this is Node 20.20.2: install a newer Node.\n',
  }
  expect(run(oldNode, installation(tellsArguments, null))).toEqual(refusal)
  expect(run(oldNode, installation(tellsArguments, '22.12.0'))).toEqual(refusal)
})

test('a command that is not built says how to build it', () => {
  expect(run([], installation(null))).toEqual({
    status: 1,
    stdout: '',
    stderr: 'taskwright: is not built yet: run `npm run build` first.\n',
  })
})

test('a command that cannot load says what it misses, not that it is not built', () => {
  const { status, stderr } = run([], installation("import 'nowhere'\n"))
  expect(status).toBe(1)
  expect(stderr).toContain("Cannot find package 'nowhere'")
})

async function interrupted(main: string, signal: NodeJS.Signals) {
  const child = spawn(process.execPath, [...oldNode, installation(main)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  child.kill(signal)
  const [code, endedBy] = await ended
  return { code, endedBy }
}

const staysAlive = "setTimeout(() => {}, 10_000)\nconsole.log('ready')\n"

test('a signal reaches the command, and its own answer counts', async () => {
  const answers = `process.once('SIGINT', () => process.exit(130))\nprocess.once('SIGTERM', () => process.exit(9))\n${staysAlive}`
  expect(await interrupted(answers, 'SIGINT')).toEqual({ code: 130, endedBy: null })
  expect(await interrupted(answers, 'SIGTERM')).toEqual({ code: 9, endedBy: null })
})

test('a command that a signal ends, ends its launcher by the same signal', async () => {
  expect(await interrupted(staysAlive, 'SIGTERM')).toEqual({ code: null, endedBy: 'SIGTERM' })
})
