import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime } from 'taskwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { probeProcessSupport } from '../../src/isolation/process-support.ts'
import { sandboxed } from './sandboxed.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'support-'))
})
afterAll(() => rm(folder, { recursive: true }))

const failed = (probing: Promise<unknown>) =>
  probing.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? { ...thrown, message: thrown.message } : null),
  )

describe('what the level process needs', () => {
  test('is refused where bubblewrap is absent, with what is missing and what to do', async () => {
    const error = await failed(probeProcessSupport({ bubblewrap: '/nowhere/bwrap' }))
    expect(error).toMatchObject({ code: 'ISOLATION_UNAVAILABLE' })
    expect(error?.message).toContain('nothing lower is started instead')
    expect(error?.message).toContain('install the package bubblewrap')
    expect(error?.message).toContain("without: ['bubblewrap']")
  })

  test('is refused where bubblewrap is there and is not let, with its own words', async () => {
    const path = join(folder, 'bwrap')
    await writeFile(path, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n')
    await chmod(path, 0o755)
    await chmod(folder, 0o755)
    const error = await failed(probeProcessSupport({ bubblewrap: path }))
    expect(error?.message).toContain('No permissions to create new namespace')
  })

  test('is had without it if the host says so, and then only with a user of its own', async () => {
    const probing = probeProcessSupport({ bubblewrap: '/nowhere/bwrap', without: ['bubblewrap'] })
    if (process.getuid?.() === 0) expect(await probing).toMatchObject({ bubblewrap: null, dropsUid: true })
    else expect((await failed(probing))?.message).toContain('a user of its own')
    const least = { bubblewrap: '/nowhere/bwrap', without: ['bubblewrap', 'uid'] as const }
    expect(await probeProcessSupport(least)).toMatchObject({ bubblewrap: null })
  })

  test('a task at the level fails at once where it is not to be had, and nothing of it was run', async () => {
    const runtime = await createRuntime({ isolation: { process: { bubblewrap: '/nowhere/bwrap' } } })
    const logged: unknown[] = []
    runtime.on('task.log', (event) => logged.push(event))
    const handle = await runtime.submit(sandboxed('process', 'stubborn', { retry: { attempts: 3 } }), null)
    expect(await handle.outcome()).toMatchObject({ attempts: 1, failure: { code: 'ISOLATION_UNAVAILABLE' } })
    expect(logged).toEqual([])
    await runtime.stop()
  })
})
