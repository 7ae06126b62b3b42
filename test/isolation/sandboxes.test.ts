import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxesBelow, survivors } from './sandbox-processes.ts'
import { observedRuntime, sandboxed, sandboxLevels } from './sandboxed.ts'

describe.each(sandboxLevels)('at the level %s', (level) => {
  test('steps, questions, progress, usage, sleep, time and logs work', async () => {
    const { runtime, events, lines } = await observedRuntime()
    runtime.on('task.asked', ({ taskId }) => void runtime.get(taskId)?.answer(true))
    const handle = await runtime.submit(sandboxed(level, 'everything'), { a: 21 })
    expect(await handle.result()).toEqual({ doubled: 42, answer: true, isNow: true, facts: ['everything', 1, 'host'] })
    expect(lines()).toEqual([{ message: 'begun', a: 21 }])
    expect(handle.view().progress).toEqual({ fraction: 0.25, message: 'a quarter' })
    const types = events.map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['task.step.started', 'task.step.completed', 'task.asked']))
    const used = events.flatMap((event) => (event.type === 'task.used' ? [event.usage] : []))
    expect(used[0]).toEqual({ slots: 1 })
    expect(used[1]).toMatchObject({ 'sandbox.outputBytes': expect.any(Number) })
    expect(used[1]?.['sandbox.cpuMs']).toBeGreaterThan(0)
    expect(used[1]?.['sandbox.memoryBytes']).toBeGreaterThan(10_000)
    await runtime.stop()
  })

  test('a step that has finished is not run again in the next attempt', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'secondTime', { retry: { attempts: 2, backoff: 1 } }), null)
    expect(await handle.result()).toBe('made in attempt 1')
    await runtime.stop()
  })

  test('steps are undone in a sandbox, the last first, with their results', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'undoing'), { fails: true })
    expect(await handle.outcome()).toMatchObject({
      status: 'failed',
      failure: { code: 'HANDLER_FAILED', message: 'what comes after fails' },
      rollback: { status: 'complete', undone: ['two', 'one'] },
    })
    await runtime.stop()
  })

  test('what a step may have done before it threw is undone in doubt', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'doubtful'), null)
    expect(await handle.outcome()).toMatchObject({
      status: 'failed',
      rollback: { status: 'complete', undone: ['doubtful'] },
    })
    await runtime.stop()
  })

  test('after a crash the undos are found again, in a sandbox', async () => {
    const store = `file:${join(await mkdtemp(join(tmpdir(), 'isolated-')), 'tasks.db')}` as const
    const definition = sandboxed(level, 'undoing', { onCrash: 'rollBack' })
    const first = await observedRuntime({ store, tasks: [definition] })
    const { id } = await first.runtime.submit(definition, { fails: false })
    await first.logged('both done')
    await first.runtime.stop({ unfinished: 'keep', grace: 0 })
    const second = await observedRuntime({ store, tasks: [definition] })
    expect(await second.runtime.get(id)?.outcome()).toMatchObject({
      status: 'failed',
      rollback: { status: 'complete', undone: ['two', 'one'] },
    })
    await second.runtime.stop()
  })

  test('is told to stop, and may end in good order', async () => {
    const { runtime, logged, lines } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'polite', { grace: '10s' }), null)
    await logged('begun')
    await handle.cancel('enough')
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled', failure: { message: 'enough' } })
    expect(lines()).toContainEqual({ message: 'told to stop', why: 'enough' })
    await runtime.stop()
  })

  test('is ended by force after the grace period, whatever it does', async () => {
    const { runtime, logged } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'stubborn'), null)
    await logged('begun')
    const processes = sandboxesBelow(process.pid)
    expect(processes.length > 0).toBe(level === 'process')
    await handle.cancel('enough')
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled' })
    expect(await survivors(processes)).toEqual([])
    await runtime.stop()
  })

  test('loses its lease when it is silent for too long', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'silent', { heartbeat: '700ms' }), null)
    expect(await handle.outcome()).toMatchObject({ status: 'failed', failure: { code: 'LEASE_LOST' } })
    await runtime.stop()
  })

  test('may say that it is not to be tried again', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'permanent', { retry: { attempts: 3, backoff: 1 } }), null)
    expect(await handle.outcome()).toMatchObject({
      attempts: 1,
      failure: { code: 'HANDLER_FAILED', message: 'never again' },
    })
    await runtime.stop()
  })

  test.each(['bigint', 'date', 'function', 'map', 'nan', 'undefined'])(
    'an output that JSON would lose or change is an error, not a value: %s',
    async (kind) => {
      const { runtime } = await observedRuntime()
      const handle = await runtime.submit(sandboxed(level, 'lossy'), { kind })
      const outcome = await handle.outcome()
      expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'HANDLER_FAILED', retryable: false } })
      expect('failure' in outcome && outcome.failure.message).toMatch(
        /^the output.* is .*: an isolated handler takes and gives/,
      )
      await runtime.stop()
    },
  )

  test('an input that JSON would lose is refused with its place', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'long'), { at: [new Date(0)] })
    expect(await handle.outcome()).toMatchObject({
      failure: {
        code: 'HANDLER_FAILED',
        message: expect.stringContaining('the input.at[0] is an instance of a class'),
      },
    })
    await runtime.stop()
  })

  test('a secret that it was not granted is refused', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'secrets', { can: { secrets: ['other'] } }), { name: 'token' })
    expect(await handle.outcome()).toMatchObject({
      failure: { message: 'secret token is not granted: can.secrets has other' },
    })
    await runtime.stop()
  })

  test('has the secrets that it was granted, from the host', async () => {
    const asked: string[] = []
    const provider = (name: string, task: { type: string }) => {
      asked.push(`${task.type} ${name}`)
      return name === 'token' ? 'a value' : undefined
    }
    const { runtime, lines } = await observedRuntime({
      isolation: { process: { without: ['bubblewrap', 'uid'] }, secrets: provider },
    })
    const definition = sandboxed(level, 'secrets', { can: { secrets: ['token', 'absent'] } })
    expect(await (await runtime.submit(definition, { name: 'token' })).result()).toBe('a value')
    expect(await (await runtime.submit(definition, { name: 'absent' })).outcome()).toMatchObject({
      failure: { message: 'the host has no secret absent; give one with the option isolation.secrets' },
    })
    expect(asked).toEqual(['secrets token', 'secrets absent'])
    // What it was given turns up nowhere.
    expect(lines()).toHaveLength(1)
    expect(JSON.stringify(lines())).not.toContain('a value')
    await runtime.stop()
  })

  test('its memory is limited', async () => {
    const { runtime } = await observedRuntime()
    const definition = sandboxed(level, 'hungry', { sandbox: { memoryMb: 32 }, retry: { attempts: 3, backoff: 1 } })
    expect(await (await runtime.submit(definition, null)).outcome()).toMatchObject({
      attempts: 1,
      failure: { code: 'SANDBOX_LIMIT', message: expect.stringContaining('more than 32 MiB of memory') },
    })
    await runtime.stop()
  })

  test('the size of what it says is limited', async () => {
    const { runtime } = await observedRuntime()
    const definition = sandboxed(level, 'long', { sandbox: { messageBytes: 100_000 } })
    expect(await (await runtime.submit(definition, null)).outcome()).toMatchObject({
      failure: { code: 'SANDBOX_LIMIT' },
    })
    await runtime.stop()
  })
})

describe.each(['process', 'wasm'] as const)('at the level %s', (level) => {
  test('its processor time is limited', async () => {
    const { runtime } = await observedRuntime()
    const handle = await runtime.submit(sandboxed(level, 'stubborn', { sandbox: { cpu: '300ms' } }), null)
    expect(await handle.outcome()).toMatchObject({
      failure: { code: 'SANDBOX_LIMIT', message: expect.stringMatching(/processor time|interrupted/) },
    })
    await runtime.stop()
  })
})
