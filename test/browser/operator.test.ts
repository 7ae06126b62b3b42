import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { openPage, useBrowser, violationsOn } from './browser.ts'
import { openBusyDesk, openDesk, token, until, withToken, work } from './desks.ts'

useBrowser()

const dialog = (page: Page) => page.getByRole('dialog')

it('cancels one task, for a reason, and the runtime did it', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk))
  await page.evaluate(`location.hash = '#/task?task=${desk.ids['wait']}'`)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await dialog(page).getByText('1 task it would be done to').waitFor()
  expect(await violationsOn(page)).toEqual([])
  await dialog(page).getByLabel('Why').fill('the customer called')
  await dialog(page).getByRole('button', { name: 'Cancel (1)' }).click()
  await page.getByText('1 task told to stop').waitFor()
  expect(await desk.runtime.get(desk.ids['wait'] ?? '')?.outcome()).toMatchObject({
    status: 'cancelled',
    failure: { message: 'the customer called' },
  })
  await page.locator('.task-title').getByText('Cancelled').waitFor()
})

it('retries many at once, counts them first, and says of each what was refused', async () => {
  const desk = await openBusyDesk()
  const { runtime } = desk
  const page = await openPage(withToken(desk))
  await page.evaluate("location.hash = '#/tasks?stage=failed,retrying'")
  const lines = page.locator('.table-body [role=row]')
  await expect.poll(() => lines.count()).toBe(3)
  await page.getByLabel('Select all that are listed').click()
  const known = new Set(runtime.list().map(({ id }) => id))
  await page.getByRole('button', { name: 'Retry', exact: true }).click()
  await dialog(page).getByText('2 tasks it would be done to').waitFor()
  await dialog(page).getByRole('button', { name: 'Retry (2)' }).click()
  await dialog(page).getByText('2 tasks submitted again; 1 refused:').waitFor()
  await dialog(page).getByText('TASK_UNFINISHED').waitFor()
  expect(await dialog(page).getByRole('link').innerText()).toBe(desk.ids['flaky'])
  expect(await violationsOn(page)).toEqual([])
  await dialog(page).getByRole('button', { name: 'Close' }).click()
  expect(runtime.list().filter(({ id }) => !known.has(id)).length).toBe(2)
})

it('approves, refuses, and fills in a form that the answer asks for', async () => {
  const desk = await openBusyDesk()
  const { runtime, ids } = desk
  const page = await openPage(withToken(desk))
  await page.evaluate("location.hash = '#/inbox'")
  const simple = page.getByRole('region', { name: 'Shall it go on?' })
  await simple.getByText('Default taken in').waitFor()
  await simple.getByRole('button', { name: 'Approve' }).click()
  expect(await runtime.get(ids['approve'] ?? '')?.result()).toEqual({ approved: true })
  const form = page.getByRole('region', { name: 'How shall it be published?' })
  await form.getByLabel('A note').fill('to the point')
  await form.getByLabel('How many copies').fill('12')
  await form.getByRole('button', { name: 'Refuse' }).click()
  await form.getByRole('alert').waitFor()
  expect(await form.getByRole('alert').innerText()).toContain('copies')
  await form.getByLabel('How many copies').fill('3')
  await form.getByLabel('Where').selectOption('print')
  await form.getByRole('button', { name: 'Refuse' }).click()
  expect(await runtime.get(ids['form'] ?? '')?.result()).toEqual({
    approve: false,
    note: 'to the point',
    copies: 3,
    channel: 'print',
  })
  await page.getByText('Nobody waits for you').waitFor()
})

it('resizes, changes a priority, holds a type, pauses and drains the runtime, and resumes it', async () => {
  const desk = await openBusyDesk()
  const { runtime, ids } = desk
  const page = await openPage(withToken(desk))
  const confirm = async (name: string | RegExp) => {
    await dialog(page).getByRole('button', { name }).click()
    await dialog(page).waitFor({ state: 'hidden' })
  }
  await page.evaluate("location.hash = '#/resources'")
  await page.getByRole('button', { name: 'Resize slots' }).click()
  await dialog(page).getByLabel('Capacity').fill('9')
  await confirm('Resize')
  expect(runtime.resources().find(({ resource }) => resource === 'slots')?.capacity).toBe(9)

  await page.evaluate(`location.hash = '#/task?task=${ids['queued']}'`)
  await page.getByRole('button', { name: 'Change priority' }).click()
  await dialog(page).getByLabel('Priority').selectOption('critical')
  await confirm('Change priority (1)')
  await until(() => runtime.get(ids['queued'] ?? '')?.view().priority === 4)

  await page.evaluate("location.hash = '#/health'")
  await page.getByRole('button', { name: 'Pause type greedy' }).click()
  await confirm('Pause the type')
  await until(() => runtime.pausedTypes().includes('greedy'))
  await page.getByRole('button', { name: 'Resume type greedy' }).waitFor()

  await page.getByRole('button', { name: 'Pause the runtime' }).click()
  await confirm('Pause the runtime')
  await page.getByText('The runtime is paused: what executes').waitFor()
  expect(runtime.state).toBe('paused')
  expect(await violationsOn(page)).toEqual([])
  await page.getByRole('button', { name: 'Resume the runtime' }).click()
  await confirm('Resume the runtime')
  expect(runtime.state).toBe('running')
  await page.getByRole('button', { name: 'Drain the runtime' }).click()
  await confirm('Drain the runtime')
  await page.getByText('The runtime is draining').waitFor()
  expect(runtime.state).toBe('draining')
})

it('asks for the token once, says when it is wrong, and sends it in no address', async () => {
  const desk = await openDesk()
  const { id } = await desk.runtime.submit(work, { what: 'wait' })
  const page = await openPage(`${desk.url}#/task?task=${id}`)
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  await page.getByRole('button', { name: 'Cancel' }).click()
  await dialog(page).getByLabel('Token').fill('a-token-that-is-none')
  expect(await violationsOn(page)).toEqual([])
  await dialog(page).getByRole('button', { name: 'Use this token' }).click()
  await dialog(page).getByText('does not accept this token').waitFor()
  await dialog(page).getByLabel('Token').fill(token)
  await dialog(page).getByRole('button', { name: 'Use this token' }).click()
  await dialog(page).getByRole('button', { name: 'Cancel (1)' }).click()
  await page.getByText('1 task told to stop').waitFor()
  expect(addresses.filter((address) => address.includes(token))).toEqual([])
  const kept: unknown = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')
  expect(kept).toBe(JSON.stringify([{}, { 'taskwright.token': token }]))
})

it('takes the token out of the address that the server prints', async () => {
  const desk = await openDesk()
  await desk.runtime.submit(work, { what: 'wait' })
  const page = await openPage(withToken(desk))
  await page.getByRole('grid').waitFor()
  expect(page.url()).not.toContain(token)
  await page.getByRole('link', { name: 'work', exact: true }).click()
  await page.getByRole('button', { name: 'Pause', exact: true }).first().click()
  await dialog(page).getByText('1 task it would be done to').waitFor()
})
