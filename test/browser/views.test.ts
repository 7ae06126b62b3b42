import { expect, it } from 'vitest'
import { openPage, sidewaysOverflow, useBrowser, violationsOn } from './browser.ts'
import { openBusyDesk, openDesk, withToken } from './desks.ts'

useBrowser()

/** Every view of the page, and what shows that it has drawn what is busy, or that nothing is there. */
const views = [
  { path: 'tasks', busy: 'greedy', empty: 'No tasks yet' },
  { path: 'queue', busy: 'in the order of the next grants', empty: 'The queue is empty' },
  { path: 'resources', busy: 'spent for good', empty: 'Nobody holds any.' },
  { path: 'inbox', busy: 'Shall it go on?', empty: 'Nobody waits for you' },
  { path: 'health', busy: 'HANDLER_FAILED', empty: 'Nothing has happened yet' },
] as const

const schemes = ['light', 'dark'] as const

it.each(schemes)('shows every view of a busy runtime, %s, and axe has nothing to say', async (colorScheme) => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk), { colorScheme })
  for (const { path, busy } of views) {
    await page.evaluate(`location.hash = '#/${path}'`)
    await page.getByText(busy).first().waitFor()
    expect([path, ...(await violationsOn(page))]).toEqual([path])
  }
  for (const name of ['end', 'form', 'step', 'after', 'queued', 'flow', 'flaky']) {
    await page.evaluate(`location.hash = '#/task?task=${desk.ids[name]}'`)
    await page
      .getByText(desk.ids[name] ?? '')
      .first()
      .waitFor()
    await page.getByRole('heading', { name: 'History' }).waitFor()
    expect([name, ...(await violationsOn(page))]).toEqual([name])
  }
})

it.each(schemes)('shows every view of an empty runtime, %s, and axe has nothing to say', async (colorScheme) => {
  const desk = await openDesk()
  const page = await openPage(desk.url, { colorScheme })
  for (const { path, empty } of views) {
    await page.evaluate(`location.hash = '#/${path}'`)
    await page.getByText(empty).first().waitFor()
    expect([path, ...(await violationsOn(page))]).toEqual([path])
  }
  await page.evaluate("location.hash = '#/task?task=task_none'")
  await page.getByText('This task is not known').waitFor()
  await page.evaluate("location.hash = '#/nowhere'")
  await page.getByText('There is no such view').waitFor()
})

it.each([
  ['in the colours of the user', { forcedColors: 'active' }],
  ['without motion', { reducedMotion: 'reduce' }],
] as const)('shows every view 320 px wide %s without sideways scrolling', async (_name, media) => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk), { viewport: { width: 320, height: 640 }, ...media })
  for (const { path, busy } of views) {
    await page.evaluate(`location.hash = '#/${path}'`)
    await page.getByText(busy).first().waitFor()
    expect([path, await sidewaysOverflow(page)]).toEqual([path, 0])
    expect([path, ...(await violationsOn(page))]).toEqual([path])
  }
  for (const name of ['form', 'step', 'queued', 'flow']) {
    await page.evaluate(`location.hash = '#/task?task=${desk.ids[name]}'`)
    await page.getByRole('heading', { name: 'History' }).waitFor()
    expect([name, await sidewaysOverflow(page)]).toEqual([name, 0])
  }
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('link', { name: 'Health' }).click()
  await page.getByRole('heading', { name: 'Health' }).waitFor()
})

it('says why a task waits: what it asks for, who holds it, and its place', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/task?task=${desk.ids['queued']}`)
  const card = page.locator('.card', { hasText: 'Why it is waiting' })
  await card.getByText('of pool default').waitFor()
  await expect.poll(() => card.innerText()).toMatch(/Place\s1\sof 1 in the queue/)
  await expect.poll(() => card.innerText()).toMatch(/Asks for 8; \d of 12 free/)
  expect(await card.getByRole('link').count()).toBeGreaterThan(1)
  await page.evaluate(`location.hash = '#/task?task=${desk.ids['after']}'`)
  await card.getByText('Dependency').waitFor()
  await card.getByRole('link', { name: desk.ids['wait']?.replace('task_', '') ?? '' }).waitFor()
})

it('keeps what is searched, filtered and sorted in the address, and shows the same from there', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(desk.url)
  await page.getByRole('searchbox').fill('told')
  await page.getByRole('button', { name: /^Failed/ }).click()
  await page.getByRole('button', { name: 'Priority' }).click()
  await expect.poll(() => page.url()).toMatch(/q=told/)
  expect(new URL(page.url()).hash).toBe('#/tasks?q=told&stage=failed&sort=priority')
  const lines = page.locator('.table-body [role=row]')
  await expect.poll(() => lines.count()).toBe(1)
  const again = await openPage(page.url())
  await expect.poll(() => again.locator('.table-body [role=row]').count()).toBe(1)
  expect(await again.getByRole('searchbox').inputValue()).toBe('told')
  await again.getByRole('searchbox').fill('no such thing')
  await again.getByRole('button', { name: 'Show all' }).click()
  await expect.poll(() => again.locator('.table-body [role=row]').count()).toBeGreaterThan(5)
})
