import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { openPage, useBrowser } from './browser.ts'
import { openBusyDesk, until, withToken } from './desks.ts'

useBrowser()

/** What has the focus, as it is called, and whether it shows. */
async function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  const found: unknown = await page.evaluate(`(() => {
    const one = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(one)
    // After the last stop of the page the keys lead to the browser's own.
    if (one === document.body) return { name: '', isSeen: true }
    const active = one.getAttribute('aria-activedescendant')
    const marked = active ? getComputedStyle(document.getElementById(active)).outlineStyle : outlineStyle
    return {
      name: one.getAttribute('aria-label') ?? one.textContent.trim() ?? '',
      isSeen: marked !== 'none' && outlineWidth !== '0px',
    }
  })()`)
  return z.object({ name: z.string(), isSeen: z.boolean() }).parse(found)
}

async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab')
    const now = await focused(page)
    expect([now.name, now.isSeen]).toEqual([now.name, true])
    if (name.test(now.name)) return
    passed.push(now.name)
  }
  throw new Error(`the tab key does not lead to ${name}: ${passed.join(' | ')}`)
}

it('finds a task, opens it, cancels it and goes back, with the keyboard alone', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk))
  await page.getByRole('grid').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type(desk.ids['wait'] ?? '')
  await expect.poll(() => page.locator('.table-body [role=row]').count()).toBe(1)
  await tabTo(page, /^Tasks$/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'work', exact: true }).waitFor()
  await tabTo(page, /^Cancel$/)
  await page.keyboard.press('Enter')
  await page.getByText('1 task it would be done to').waitFor()
  await page.keyboard.type('by hand')
  await page.keyboard.press('Enter')
  await until(() => desk.runtime.get(desk.ids['wait'] ?? '')?.view().stage === 'cancelled')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.goBack()
  await page.getByRole('grid').waitFor()
})

it('walks and selects in the list, leaves a dialog with Escape, and is back where it was', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk))
  await page.getByRole('grid').focus()
  for (const key of ['ArrowDown', 'Space', 'ArrowDown', 'Space', 'End', 'Home', 'Space']) await page.keyboard.press(key)
  await page.getByText('3 selected').waitFor()
  expect(await page.locator('[role=row][aria-selected=true]').count()).toBe(3)
  await tabTo(page, /^Pause$/)
  await page.keyboard.press('Enter')
  await page.getByText('3 tasks it would be done to').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect((await focused(page)).name).toBe('Pause')
})

it('reaches every view from the first key on, and begins where the view begins', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(withToken(desk))
  await page.getByRole('grid').waitFor()
  await page.keyboard.press('Tab')
  expect((await focused(page)).name).toBe('Skip to the view')
  for (const view of ['Queue', 'Resources', 'Inbox', 'Health']) {
    await page.evaluate('document.activeElement.blur()')
    await tabTo(page, new RegExp(`^${view}`))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: view, exact: true }).waitFor()
    expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN')
  }
})
