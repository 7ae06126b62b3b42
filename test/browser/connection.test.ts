import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { serveInspector } from '../../src/inspector/index.ts'
import { openPage, useBrowser } from './browser.ts'
import { openDesk, token, work } from './desks.ts'

useBrowser()

it('says that the server is gone, and catches up when it is back', async () => {
  const desk = await openDesk()
  await desk.runtime.submit(work, { what: 'wait' })
  const page = await openPage(desk.url)
  const lines = page.locator('.table-body [role=row]')
  await expect.poll(() => lines.count()).toBe(1)
  await desk.inspector.close()
  await page.getByText('The server cannot be reached').waitFor()
  expect(await lines.count()).toBe(1)
  await desk.runtime.submit(work, { what: 'end' })
  const again = await serveInspector(desk.runtime, { token, port: desk.inspector.port })
  onTestFinished(() => again.close())
  await expect.poll(() => lines.count()).toBe(2)
  await page.getByText('Live', { exact: true }).waitFor()
})

it('goes on with the tasks of a runtime that was started again on the same store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taskwright-page-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = `file:${join(folder, 'tasks.db')}` as const
  const first = await openDesk({ store })
  await (await first.runtime.submit(work, { what: 'end' })).result()
  const waiting = await first.runtime.submit(work, { what: 'wait' })
  const page = await openPage(`${first.url}#/task?task=${waiting.id}`)
  await page.locator('.task-title').getByText('Executing').waitFor()
  await first.inspector.close()
  await first.runtime.stop({ unfinished: 'keep', grace: 50 })
  await page.getByText('The server cannot be reached').waitFor()
  const second = await openDesk({ store }, { port: first.inspector.port })
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('.task-title').getByText('Retrying').waitFor()
  await page.evaluate("location.hash = '#/tasks'")
  await expect.poll(() => page.locator('.table-body [role=row]').count()).toBe(2)
  await second.runtime.submit(work, { what: 'fail' })
  await expect.poll(() => page.locator('.table-body [role=row]').count()).toBe(3)
})

it('shows another runtime on the same port for itself, and nothing of the one before', async () => {
  const first = await openDesk()
  for (let count = 0; count < 3; count += 1) await first.runtime.submit(work, { what: 'end' })
  const page = await openPage(first.url)
  const lines = page.locator('.table-body [role=row]')
  await expect.poll(() => lines.count()).toBe(3)
  await first.inspector.close()
  const second = await openDesk({}, { port: first.inspector.port })
  for (let count = 0; count < 5; count += 1) await second.runtime.submit(work, { what: 'end' })
  await expect.poll(() => lines.count()).toBe(5)
})

it('lists ten thousand tasks, draws only those that can be seen, and finds one of them', async () => {
  const desk = await openDesk({ pools: { default: { slots: 64 } } })
  for (let round = 0; round < 10; round += 1)
    await Promise.all(Array.from({ length: 1_000 }, () => desk.runtime.submit(work, { what: 'end' })))
  const last = await desk.runtime.submit(work, { what: 'fail' })
  await last.outcome()
  const page = await openPage(desk.url)
  const grid = page.getByRole('grid')
  await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('10002')
  expect(await page.locator('.table-body [role=row]').count()).toBeLessThan(60)
  await grid.focus()
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('.table-body [role=row]').last().getAttribute('aria-rowindex')).toBe('10002')
  await page.getByRole('searchbox').fill('as it was told')
  await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2')
})
