import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JournalReader } from '../../src/actors/recovery/journal-reader.ts'
import { checkFile } from '../../src/cli/store/check-file.ts'
import { Host } from './host.ts'
import { recordsIn } from './scratch-store.ts'
import type { SmallDisk } from './small-disk.ts'
import { limitedDisk, mountedDisk } from './small-disk.ts'

/** A host that has worked for a while, on a disk that is then full. */
async function hostWithoutRoom(disk: SmallDisk): Promise<{ host: Host; path: string; pending: number }> {
  const path = join(disk.folder, 'tasks.db')
  const host = new Host(path)
  await host.until('opened')
  for (let count = 0; count < 20; count += 1) host.submit()
  await host.until('ended', ({ number }) => number === 20)
  disk.fill(host)
  // One after the other until it has noticed: what it took on before that waits for room.
  const pending = host.submit(20_000)
  await host.until('state', ({ state }) => state === 'degraded')
  return { host, path, pending }
}

/** What was acknowledged is on disk, as another process finds it. */
async function expectAllOnDisk(path: string, host: Host): Promise<void> {
  expect((await checkFile(path)).problems).toEqual([])
  const reader = new JournalReader()
  for (const record of await recordsIn(path)) reader.read(record)
  reader.finish()
  const lost = host.all('accepted').filter(({ id }) => !reader.tasks.has(id))
  expect(lost, 'accepted, and not on disk').toEqual([])
  const undone = host.all('ended').filter(({ id, status }) => reader.tasks.get(id)?.stage !== status)
  expect(undone, 'said to have ended, and not so on disk').toEqual([])
}

describe.each([
  // Where nobody may mount a disk, the limit stands in for it.
  ['full', () => mountedDisk() ?? limitedDisk()],
  ['faulty', limitedDisk],
])('on a disk that is %s', (_, makeDisk) => {
  test('nothing new is taken on, with a reason; it heals, and everything goes on', async () => {
    const disk = makeDisk()
    const { host, path, pending } = await hostWithoutRoom(disk)
    const { code, message } = await host.until('alert')
    expect([code, message]).toEqual(['STORE_FAILED', expect.stringContaining(disk.problem.advice)])
    expect(await host.answerTo(host.submit())).toMatchObject({
      type: 'refused',
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/what was accepted is safe: .*tasks\.db/),
    })
    expect(host.all('accepted').filter(({ number }) => number === pending)).toEqual([])
    disk.makeRoom(host)
    await host.until('state', ({ state }) => state === 'running')
    // Taken on before it was noticed: it is acknowledged now that it is on disk.
    expect((await host.answerTo(pending)).type).toBe('accepted')
    expect((await host.answerTo(host.submit())).type).toBe('accepted')
    await host.until('ended', ({ number }) => number === pending)
    expect(await host.stop()).toMatchObject({ code: null })
    await expectAllOnDisk(path, host)
    expect(host.all('alert'), 'said once, and not with every try').toHaveLength(1)
    expect(host.all('unhandled')).toEqual([])
  })

  test('a kill loses nothing that was acknowledged, and the next process goes on', async () => {
    const disk = makeDisk()
    const { host, path } = await hostWithoutRoom(disk)
    for (let count = 0; count < 5; count += 1) await host.answerTo(host.submit())
    await host.kill()
    await expectAllOnDisk(path, host)
    expect(host.all('accepted').length).toBeGreaterThanOrEqual(20)
  })

  test('a stop says that not all is on disk, and leaves nobody waiting', async () => {
    const disk = makeDisk()
    const { host, path, pending } = await hostWithoutRoom(disk)
    expect(await host.stop()).toMatchObject({ code: disk.problem.code })
    expect(await host.answerTo(pending)).toMatchObject({ type: 'refused', code: 'STORE_UNAVAILABLE' })
    await host.kill()
    await expectAllOnDisk(path, host)
    expect(host.all('unhandled')).toEqual([])
  })

  test('a process that comes meanwhile loses nothing: it is refused, or takes nothing on', async () => {
    const disk = makeDisk()
    const { host, path } = await hostWithoutRoom(disk)
    await host.kill()
    const next = new Host(path, { prefix: disk.prefix })
    const said = await Promise.race([next.until('opened'), next.until('unopened')])
    if (said.type === 'unopened') expect(said).toMatchObject({ code: disk.problem.code })
    else {
      next.submit(20_000)
      await next.until('state', ({ state }) => state === 'degraded')
      expect(await next.answerTo(next.submit())).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    await next.kill()
    await expectAllOnDisk(path, host)
  })
})
