import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import type { Screen } from '../../src/cli/terminal.ts'
import { sample, serveSample, token } from '../inspector/served.ts'
import { runCommand } from './run-command.ts'

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

function tokenFile(content = `${token}\n`): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskwright-token-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'token')
  writeFileSync(path, content)
  return path
}

async function served(slots = 8) {
  const world = await serveSample({}, slots)
  const call = (...args: string[]) => runCommand(...args, '--url', world.inspector.url)
  const change = (...args: string[]) => call(...args, '--token-file', tokenFile())
  return { ...world, call, change }
}

it('lists tasks, all or some, for people and for programs', async () => {
  const { runtime, call } = await served()
  const waiting = await runtime.submit(sample, { what: 'wait' }, { principal: 'anna' })
  const failed = await runtime.submit(sample, { what: 'fail' })
  await failed.outcome()
  await until(() => waiting.view().stage === 'executing')
  const all = await call('tasks', 'ls')
  expect(all.code).toBe(0)
  expect(all.out.split('\n')).toHaveLength(3)
  expect(all.out).toMatch(new RegExp(`${failed.id} +sample +failed +2 +1 .*HANDLER_FAILED: as it was told`))
  const annas = await call('tasks', 'ls', '--principal', 'anna', '--json')
  expect(JSON.parse(annas.out)).toMatchObject([{ id: waiting.id, stage: 'executing' }])
  expect((await call('tasks', 'ls', '--stage', 'failed')).out).not.toContain(waiting.id)
})

it('shows a task with what it waits for', async () => {
  const { runtime, call } = await served(1)
  const running = await runtime.submit(sample, { what: 'wait' })
  const queued = await runtime.submit(sample, { what: 'wait' })
  await until(() => runtime.stats().byStage.executing === 1)
  const { out } = await call('tasks', 'show', queued.id)
  expect(out).toContain('waits for   resource: pool default, resource slots, asked 1, available 0')
  expect(out).toContain('place       1 of 1')
  expect(out).toContain('starts      nobody knows when: something in front of it has no expected end')
  expect((await call('tasks', 'show', running.id)).out).toContain('holds       {"slots":1}')
  expect(await call('tasks', 'show', 'task_none')).toMatchObject({
    code: 1,
    err: 'taskwright: no task task_none (UNKNOWN_TASK)',
  })
})

it('cancels after it has counted, and says what came of it', async () => {
  const { runtime, call, change } = await served()
  const handles = await Promise.all([1, 2].map(() => runtime.submit(sample, { what: 'wait' })))
  const [one] = handles
  expect(await change('tasks', 'cancel', '--type', 'sample', '--dry-run')).toMatchObject({
    code: 0,
    out: '2 tasks would be meant',
  })
  const { code, out, err } = await change('tasks', 'cancel', one?.id ?? '', 'task_none', '--why', 'not needed')
  expect(code).toBe(1)
  expect(out).toMatch(new RegExp(`^${one?.id}: stage executing → cancelled`))
  expect(err).toBe('task_none: no task task_none (UNKNOWN_TASK)')
  expect(await one?.outcome()).toMatchObject({ failure: { message: 'not needed' } })
  expect((await call('tasks', 'cancel', one?.id ?? '')).code).toBe(2)
})

it('tries again what failed, and answers what is asked', async () => {
  const { runtime, change } = await served()
  const failed = await runtime.submit(sample, { what: 'fail' })
  await failed.outcome()
  const { out } = await change('tasks', 'retry', failed.id, '--from', 'failedStep')
  const [, again = ''] = /: (\S+)$/.exec(out) ?? []
  expect(await runtime.get(again)?.outcome()).toMatchObject({ status: 'failed' })

  const asking = await runtime.submit(sample, { what: 'ask' })
  await until(() => runtime.questions().length === 1)
  expect(await change('tasks', 'answer', asking.id, 'maybe')).toMatchObject({
    code: 1,
    err: expect.stringContaining('ANSWER_INVALID'),
  })
  expect((await change('tasks', 'answer', asking.id, 'true')).code).toBe(0)
  expect(await asking.result()).toBe('it said true')
  expect(await change('tasks', 'answer', asking.id, 'true')).toMatchObject({
    code: 1,
    err: `${asking.id} asks nothing`,
  })
})

it('takes the token from the environment, and says what is wrong with one', async () => {
  const { runtime, call } = await served()
  const { id } = await runtime.submit(sample, { what: 'wait' })
  vi.stubEnv('TASKWRIGHT_TOKEN', 'not-the-token-at-all')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await call('tasks', 'cancel', id)).toMatchObject({
    code: 1,
    err: expect.stringContaining('does not know the token'),
  })
  vi.stubEnv('TASKWRIGHT_TOKEN', token)
  expect((await call('tasks', 'cancel', id)).code).toBe(0)
  vi.stubEnv('TASKWRIGHT_TOKEN', '')
  expect(await call('tasks', 'cancel', id)).toMatchObject({ code: 2, err: expect.stringContaining('--token-file') })
  expect(await call('tasks', 'cancel', id, '--token-file', '/nowhere/token')).toMatchObject({ code: 2 })
  expect(await call('tasks', 'cancel', id, '--token-file', tokenFile(''))).toMatchObject({ code: 2 })
})

it('prints what was counted', async () => {
  const { runtime, call } = await served()
  await (await runtime.submit(sample, { what: 'end' })).outcome()
  const { out } = await call('stats')
  expect(out).toContain('running: 1 completed, 100.0% of those that ended have succeeded')
  expect(out).toMatch(/default\/slots +8 +0 +8/)
  expect(JSON.parse((await call('stats', '--json')).out)).toMatchObject({ supervisor: 'running', ended: 1 })
})

it.each([
  ['nothing listens', 'http://127.0.0.1:1023/', /nothing listens at http:\/\/127\.0\.0\.1:1023\//],
  ['there is no such host', 'http://nowhere.invalid/', /cannot be reached/],
])('says so when %s', async (_, url, message) => {
  for (const command of [['stats'], ['tasks', 'ls'], ['watch']])
    expect(await runCommand(...command, '--url', url)).toMatchObject({ code: 1, err: expect.stringMatching(message) })
})

it('says so when something else listens', async () => {
  const server = createServer((_, response) => response.writeHead(418).end('<html>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
  expect(await runCommand('stats', '--url', url)).toMatchObject({
    code: 1,
    err: expect.stringContaining('is no inspector: it answered with 418'),
  })
})

it.each([
  [['tasks', 'ls', '--url', 'somewhere'], '--url must be an address'],
  [['tasks', 'ls', '--stage', 'burning'], '--stage must be'],
  [['tasks', 'show'], 'an id is required'],
  [['tasks', 'cancel'], 'give ids, or --stage, --type, --principal'],
  [['tasks', 'cancel', 'task_1', '--type', 'sample'], 'not both'],
  [['tasks', 'answer', 'task_1'], 'an answer is required'],
  [['tasks', 'retry', 'task_1', '--from', 'middle'], '--from must be'],
])('refuses the call %s', async (args, problem) => {
  expect(await runCommand(...args)).toMatchObject({ code: 2, err: expect.stringContaining(problem) })
})

it('prints each event on a line when nobody sees it live, until it is interrupted', async () => {
  const { runtime, inspector } = await served()
  const before = await runtime.submit(sample, { what: 'end' })
  await before.outcome()
  const interrupt = new AbortController()
  const lines: string[] = []
  const terminal = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line) }
  const ended = runProgram(['watch', '--url', inspector.url], { terminal, signal: interrupt.signal })
  const submitted: string[] = []
  while (lines.length === 0) {
    submitted.push((await runtime.submit(sample, { what: 'end' })).id)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until(() => lines.some((line) => line.includes('task.completed')))
  interrupt.abort()
  expect(await ended).toBe(0)
  expect(lines.join('\n')).not.toContain(before.id)
  expect(submitted.some((id) => lines.some((line) => line.includes(`${id}  sample  task.completed`)))).toBe(true)
})

it('draws one view on a terminal, and leaves it as it was when it is interrupted', async () => {
  const { runtime, inspector } = await served(2)
  const asking = await runtime.submit(sample, { what: 'ask' })
  const interrupt = new AbortController()
  const drawn: (readonly string[])[] = []
  let isEnded = false
  const screen: Screen = {
    columns: 80,
    rows: 12,
    draw: (lines) => void drawn.push(lines),
    end: () => {
      isEnded = true
    },
  }
  const never = () => {
    throw new Error('it prints')
  }
  const context = { terminal: { out: never, err: never, screen }, signal: interrupt.signal }
  const ended = runProgram(['watch', '--url', inspector.url], context)
  await until(() => drawn.some((lines) => lines.some((line) => line.includes('asks: go on?'))))
  const last = drawn.at(-1) ?? []
  expect(last.length).toBeLessThan(12)
  expect(last[0]).toContain(inspector.url)
  expect(last.join('\n')).toContain('██████████░░░░░░░░░░  1 of 2 slots')
  expect(last.join('\n')).toContain(asking.id)
  interrupt.abort()
  expect(await ended).toBe(0)
  expect(isEnded).toBe(true)
})
