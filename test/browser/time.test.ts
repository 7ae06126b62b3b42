import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { serveJournal } from '../../src/inspector/serve-inspector.ts'
import { openPage, sidewaysOverflow, useBrowser, violationsOn } from './browser.ts'
import { openBusyDesk, openDesk, until, work } from './desks.ts'

useBrowser()

const goTo = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(`#/${hash}`)}`)

const media = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['in the colours of the user, 320 px wide', { forcedColors: 'active', viewport: { width: 320, height: 640 } }],
] as const

it.each(media)('gives axe nothing to say of timeline, messages and replay, %s', async (_name, options) => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/timeline`, options)
  for (const [hash, sign] of [
    ['timeline', 'Running'],
    [`timeline?by=flow&task=${desk.ids['flow']}`, 'critical path of'],
    ['messages', 'Supervisor'],
    [`messages?task=${desk.ids['wait']}`, 'Of all actors'],
    ['timeline?at=12', 'The runtime as it was'],
  ] as const) {
    await goTo(page, hash)
    await page.getByText(sign).first().waitFor()
    expect([hash, ...(await violationsOn(page))]).toEqual([hash])
    expect([hash, await sidewaysOverflow(page)]).toEqual([hash, 0])
  }
  await goTo(page, 'timeline')
  await page.getByRole('button', { name: 'Table' }).click()
  await page.getByRole('table').waitFor()
  expect(await violationsOn(page)).toEqual([])
})

it('says of an empty runtime that nothing is there', async () => {
  const desk = await openDesk()
  const page = await openPage(`${desk.url}#/timeline`)
  await page.getByText('No tasks yet').waitFor()
  expect(await violationsOn(page)).toEqual([])
  await goTo(page, 'messages')
  await page.getByRole('table').waitFor()
  expect(await violationsOn(page)).toEqual([])
})

it('gives the timeline in words, picks tasks with the keys, and zooms', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/timeline`)
  await page.getByRole('button', { name: 'Table' }).click()
  const lines = page.locator('.tl-table tbody tr')
  await expect.poll(() => lines.count()).toBe(desk.runtime.list().length)
  expect(await lines.filter({ hasText: 'Retrying' }).count()).toBe(1)
  const span = page.locator('.tl-span')
  expect(await span.innerText()).toBe('1m 00s')
  await page.getByRole('application').focus()
  await page.keyboard.press('-')
  await expect.poll(() => span.innerText()).toBe('1m 30s')
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => page.url()).toContain('task=')
  await page.locator('.tl-picked').getByRole('link', { name: 'Statechart' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'History' }).waitFor()
})

it('shows five thousand tasks without a node for each', async () => {
  const desk = await openDesk({ pools: { default: { slots: 64 } } })
  for (let round = 0; round < 5; round += 1)
    await Promise.all(Array.from({ length: 1_000 }, () => desk.runtime.submit(work, { what: 'end' })))
  const page = await openPage(`${desk.url}#/timeline`)
  await page.getByText('5000 tasks').or(page.locator('[aria-label^="Timeline of 5000 tasks"]')).first().waitFor()
  expect(await page.locator('#page *').count()).toBeLessThan(900)
  await page.getByRole('button', { name: 'Table' }).click()
  await page.getByText('Page 1 of 100').waitFor()
})

it('draws what actors say, of all and of one, and leads to the moment', async () => {
  const desk = await openDesk()
  const page = await openPage(`${desk.url}#/messages`)
  await page.getByText('Listening; nothing was said yet.').waitFor()
  const { id } = await desk.runtime.submit(work, { what: 'approve' })
  await page.locator('.sq-arrow:not(.is-guess)', { hasText: 'lease.granted' }).first().waitFor()
  await page.locator('.actors').getByRole('button', { name: 'work' }).click()
  await expect.poll(() => page.url()).toContain(`task=${id}`)
  const names = page.locator('.sq-name')
  await expect.poll(() => names.allInnerTexts()).toEqual(expect.arrayContaining(['Supervisor', 'work', 'handler']))
  await page.getByRole('button', { name: /lease.granted/ }).click()
  await page.getByRole('link', { name: 'Statechart then' }).click()
  await page.getByText('The runtime as it was').waitFor()
  await page
    .locator('.cs-state.of-allocating.is-active')
    .or(page.locator('.cs-state.of-executing.is-active'))
    .first()
    .waitFor()
})

it('works messages out from the events where nobody listened', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/messages?task=${desk.ids['end']}`)
  await page.locator('.sq-arrow.is-guess', { hasText: 'task.submit' }).waitFor()
  await page.locator('.sq-arrow.is-guess', { hasText: 'handler.completed' }).waitFor()
})

it('goes back event by event, plays, and is live again', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart?task=${desk.ids['end']}`)
  await page.locator('.cs-state.of-completed.is-active').waitFor()
  // The first step back leads to its last event, after which others' came.
  for (let step = 0; step < 2; step += 1)
    await page.getByRole('button', { name: 'Back by one event of the task' }).click()
  await page.locator('.cs-state.of-completing.is-active').waitFor()
  await page.getByText('The runtime as it was').waitFor()
  await expect.poll(() => page.url()).toMatch(/at=\d+/)
  const moment = page.getByRole('slider', { name: 'Moment' })
  await moment.focus()
  await page.keyboard.press('Home')
  await expect.poll(() => page.locator('.cs-state.of-completed.is-active').count()).toBe(0)
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('1000')
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await page.locator('.cs-state.of-completed.is-active').waitFor()
  await expect.poll(() => page.url()).not.toMatch(/at=/)
  await expect.poll(() => page.getByText('The runtime as it was').count()).toBe(0)
})

it('shows what is kept to who comes late, and says what was dropped', async () => {
  const desk = await openDesk({ pools: { default: { slots: 64 } } }, { keepEvents: 1_000 })
  for (let round = 0; round < 3; round += 1)
    await Promise.all(Array.from({ length: 500 }, () => desk.runtime.submit(work, { what: 'end' })))
  await until(() => desk.runtime.stats().byStage.completed === 1_500, 'the end of all')
  const page = await openPage(`${desk.url}#/timeline`)
  await page.getByText(/[\d,]+ earlier events are not kept/).waitFor()
  await page.getByRole('slider', { name: 'Moment' }).focus()
  await page.keyboard.press('Home')
  await page.getByText('The runtime as it was').waitFor()
})

it('replays a journal after the fact', async () => {
  const desk = await openBusyDesk()
  const journal = await serveJournal(desk.runtime.journal(), { port: 0, keepEvents: 10_000 })
  onTestFinished(() => journal.close())
  const page = await openPage(`${journal.url}#/chart?task=${desk.ids['fail']}`)
  await page.locator('.cs-state.of-failed.is-active').waitFor()
  await page.getByRole('slider', { name: 'Moment' }).focus()
  await page.keyboard.press('Home')
  await page.getByText('The runtime as it was').waitFor()
  await page.getByRole('button', { name: 'End' }).click()
  await page.locator('.cs-state.of-failed.is-active').waitFor()
  await goTo(page, 'messages')
  await page.getByText('A journal keeps no messages').waitFor()
  await page.locator('.sq-arrow.is-guess').first().waitFor()
  await goTo(page, 'timeline')
  await page.getByRole('application').waitFor()
  expect(await violationsOn(page)).toEqual([])
})
