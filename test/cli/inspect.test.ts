import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import { createRuntime } from '../../src/index.ts'
import { sample } from '../inspector/served.ts'
import { runCommand } from './run-command.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'taskwright-inspect-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

it('shows a journal after the fact, to be read only, until it is interrupted', async () => {
  const path = join(folder(), 'tasks.db')
  const runtime = await createRuntime({ tasks: [sample], store: `file:${path}` })
  const { id } = await runtime.submit(sample, { what: 'end' })
  await runtime.idle()
  await runtime.stop()

  const interrupt = new AbortController()
  const said = Promise.withResolvers<string>()
  const terminal = { out: said.resolve, err: said.reject }
  const ended = runProgram(['inspect', path], { terminal, signal: interrupt.signal })
  const [url = ''] = /http:\S+/.exec(await said.promise) ?? []
  const detail: unknown = await (await fetch(new URL(`/api/v1/tasks/${id}`, url))).json()
  expect(detail).toMatchObject({ row: { stage: 'completed', type: 'sample' }, task: null })
  const change = await fetch(new URL('/api/v1/commands', url), { method: 'POST', body: '{"action":"drain"}' })
  expect(change.status).toBe(409)
  interrupt.abort()
  expect(await ended).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
})

it.each([
  ['a file that is not there', null],
  ['a file of something else', 'not a database, but long enough to be read as one'.repeat(100)],
])('refuses %s', async (_, content) => {
  const path = join(folder(), 'x.db')
  if (content !== null) writeFileSync(path, content)
  const { code, err } = await runCommand('inspect', path)
  expect(code).toBe(2)
  expect(err).toContain(path)
})
