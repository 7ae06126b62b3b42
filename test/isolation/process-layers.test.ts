import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { processCommand } from '../../src/isolation/process-command.ts'
import type { ProcessSupport } from '../../src/isolation/process-support.ts'
import { nextUid, probeProcessSupport } from '../../src/isolation/process-support.ts'
import { sandboxed } from './sandboxed.ts'

// What holds a process once Node's own flags are passed by: the same command, with flags that allow everything.

const run = promisify(execFile)
const saidSchema = z.union([z.number(), z.string(), z.array(z.string())])
type Said = z.output<typeof saidSchema>
const support: ProcessSupport = await probeProcessSupport({ without: ['bubblewrap', 'uid'] })
const bare: ProcessSupport = { ...support, bubblewrap: null }

async function said(how: ProcessSupport, code: string): Promise<Said> {
  const { handler } = sandboxed('process', 'long', { sandbox: { memoryMb: 64 } })
  if (handler.form !== 'isolated') throw new Error('not isolated')
  const [program, ...args] = processCommand(how, handler)
  const before = args.slice(0, args.indexOf('--permission'))
  const uid = nextUid()
  const { stdout } = await run(
    program,
    [...before, '-e', `(async () => ${code})().then((said) => console.log(JSON.stringify(said)))`],
    {
      env: {},
      cwd: '/',
      timeout: 20_000,
      ...(how.dropsUid && { uid, gid: uid }),
    },
  )
  return saidSchema.parse(JSON.parse(stdout))
}

const attempt = (code: string) =>
  `{ try { ${code}; return 'done' } catch (error) { return error.code ?? error.message } }`
const spawned = `{
  const { spawn } = require('node:child_process')
  let started = 0
  for (let index = 0; index < 200; index += 1) {
    const child = spawn('/bin/sleep', ['0.3'])
    child.on('error', () => undefined)
    if (child.pid !== undefined) started += 1
  }
  return started
}`
const opened = `{
  const { openSync } = require('node:fs')
  let open = 0
  try { for (; open < 1000; open += 1) openSync('/dev/null', 'r') } catch {}
  return open
}`
const filled = attempt('const kept = []; for (let i = 0; i < 64; i += 1) kept.push(new Uint8Array(0x4000000).fill(1))')

describe.each([
  ['without bubblewrap', bare],
  ['with bubblewrap, where the machine has it', support],
] as const)('%s, the kernel alone', (_name, how) => {
  test('bounds processes, files and memory', async () => {
    // Of a user that is not its own alone, processes cannot be counted.
    if (how.dropsUid || how.bubblewrap !== null) expect(await said(how, spawned)).toBeLessThan(64)
    expect(await said(how, opened)).toBeLessThan(128)
    expect(await said(how, filled)).toBe('Array buffer allocation failed')
  })

  test('keeps other processes and files out of reach', async () => {
    if (!how.dropsUid && how.bubblewrap === null) return
    expect(await said(how, attempt(`process.kill(${process.pid}, 0)`))).toBe(
      how.bubblewrap === null ? 'EPERM' : 'ESRCH',
    )
    expect(await said(how, attempt(`require('node:fs').readFileSync('/proc/${process.pid}/environ')`))).toMatch(
      /EACCES|ENOENT/,
    )
    const folder = await mkdtemp(join(tmpdir(), 'written-'))
    await chmod(folder, 0o777)
    const wrote = await said(how, attempt(`require('node:fs').writeFileSync('${folder}/file', 'x')`))
    await rm(folder, { recursive: true })
    // Whom the folder lets in may make a file, and write nothing into it.
    expect(wrote).toBe(how.bubblewrap === null ? 'EFBIG' : 'ENOENT')
    expect(await said(how, attempt('process.setuid(0)'))).toMatch(/EPERM|EINVAL/)
  })
})

test('with bubblewrap there is no network and no system file', async () => {
  if (support.bubblewrap === null) return
  const interfaces = 'Object.values(require("node:os").networkInterfaces()).flat().map(({ address }) => address)'
  expect(await said(support, interfaces)).not.toContainEqual(expect.stringMatching(/^(?!127\.0\.0\.1$|::1$)/))
  expect(await said(support, attempt("require('node:fs').readFileSync('/etc/passwd')"))).toBe('ENOENT')
  expect(
    await said(support, "require('node:fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length"),
  ).toBeLessThan(6)
})
