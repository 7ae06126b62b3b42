import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { brew } from '../inspector/machines.ts'
import { openPage, sidewaysOverflow, useBrowser, violationsOn } from './browser.ts'
import type { Desk } from './desks.ts'
import { openBusyDesk, openDesk, until, work } from './desks.ts'

useBrowser()

/** A desk with a task whose handler is a machine that waits to be told something. */
async function openBrewing(): Promise<Desk & { readonly id: string; tell(type: string): void }> {
  const desk = await openDesk({ tasks: [work, brew] })
  const { id } = await desk.runtime.submit(brew, {})
  const handler = () => desk.runtime.get(id)?.handlerActor
  await until(() => JSON.stringify(handler()?.getSnapshot()?.value ?? '').includes('hot'), 'hot water')
  return { ...desk, id, tell: (type) => handler()?.send({ type }) }
}

const goTo = (page: Page, hash: string) => page.evaluate(`location.hash = ${JSON.stringify(`#/${hash}`)}`)

const strings = z.array(z.string())

/** Texts of the drawing that reach out of the box that they belong to, or lie over each other. */
async function misplaced(page: Page): Promise<string[]> {
  const found: unknown = await page.evaluate(`(() => {
    const out = []
    const inside = (text, box) => {
      const [one, two] = [text.getBoundingClientRect(), box.getBoundingClientRect()]
      return one.left >= two.left - 1 && one.right <= two.right + 1 && one.top >= two.top - 2 && one.bottom <= two.bottom + 2
    }
    for (const group of document.querySelectorAll('.cs-state, .cs-label')) {
      const box = group.querySelector('.cs-box:not(.cs-under), :scope > rect')
      for (const text of group.querySelectorAll(':scope > text'))
        if (!inside(text, box)) out.push(text.textContent + ' out of its box')
    }
    const labels = [...document.querySelectorAll('.cs-label text, .cs-state text')]
    const boxes = labels.map((one) => one.getBoundingClientRect())
    for (const [i, a] of boxes.entries())
      for (const [j, b] of boxes.entries())
        if (i < j && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
          out.push(labels[i].textContent + ' over ' + labels[j].textContent)
    return out
  })()`)
  return strings.parse(found)
}

it.each(['', '&labels=events'])(
  'writes every text of the task machine inside of its box, and none over another%s',
  async (labels) => {
    const desk = await openBusyDesk()
    const page = await openPage(`${desk.url}#/chart?task=${desk.ids['end']}${labels}`)
    await page.locator('.cs-state.of-completed.is-active').waitFor()
    expect(await page.locator('.cs-state').count()).toBe(26)
    expect(await misplaced(page)).toEqual([])
    await goTo(page, `chart?machine=supervisor${labels}`)
    await page.locator('.cs-state.is-active', { hasText: 'running' }).waitFor()
    expect(await page.locator('.cs-state').count()).toBe(8)
    expect(await misplaced(page)).toEqual([])
  },
)

it('shows a handler’s machine as it moves: where it is, what was just taken, what is due, how often and how long', async () => {
  const desk = await openBrewing()
  const page = await openPage(`${desk.url}#/chart?task=${desk.id}&machine=brew@1`)
  const active = (name: string) => page.locator('.cs-state.is-active', { hasText: name }).last()
  await active('empty').waitFor()
  await active('hot').waitFor()
  expect(await misplaced(page)).toEqual([])
  desk.tell('stir')
  await page.locator('.cs-edge.is-taken').first().waitFor()
  await page.locator('.cs-label.is-taken', { hasText: 'stir' }).waitFor()
  const words = page.locator('.chart-side')
  await words.getByText('brewing › cup › empty').waitFor()
  await words.getByRole('button', { name: /^empty/ }).click()
  await words.getByRole('heading', { name: 'What empty answers' }).waitFor()
  await words.getByText('always, if isFull: to full').waitFor()
  await words.getByText('on stir: to empty; note · taken 1×').waitFor()
  desk.tell('pour')
  desk.tell('pour')
  await page
    .locator('.cs-state.is-final.is-active', { hasText: 'drunk' })
    .or(page.getByText('In no state'))
    .first()
    .waitFor()
})

it('shows what is left of a delay', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart?task=${desk.ids['flaky']}`)
  await page.locator('.cs-state.of-retrying.is-active').waitFor()
  await page
    .locator('.cs-countdown', { hasText: /in [\d.]+ (min|s)/ })
    .first()
    .waitFor()
  await page
    .locator('.chart-side')
    .getByText(/backoff.elapsed: due in/)
    .waitFor()
})

it('folds a state and unfolds it, and the address keeps it', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart?task=${desk.ids['wait']}`)
  await page.locator('.cs-state.is-active', { hasText: 'running' }).waitFor()
  const fold = page.getByRole('button', { name: 'Inside of executing' })
  expect(await fold.getAttribute('aria-expanded')).toBe('true')
  await fold.click()
  await expect.poll(() => page.locator('.cs-state').count(), { timeout: 10_000 }).toBe(14)
  await expect.poll(() => page.url()).toContain('folded=task.executing')
  await page.locator('.cs-state.of-executing.is-active').waitFor()
  expect(await misplaced(page)).toEqual([])
  await fold.click()
  await expect.poll(() => page.locator('.cs-state').count(), { timeout: 10_000 }).toBe(26)
})

it('moves and enlarges the drawing with keys, wheel and pointer', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart?machine=supervisor`)
  const group = page.locator('svg.cs > g')
  await page.locator('.cs-state').first().waitFor()
  const frame = page.getByRole('application')
  await frame.focus()
  let last = await group.getAttribute('transform')
  const moves = async (act: () => Promise<void>) => {
    await act()
    await expect.poll(() => group.getAttribute('transform')).not.toBe(last)
    last = await group.getAttribute('transform')
  }
  await moves(() => page.keyboard.press('+'))
  await moves(() => page.keyboard.press('ArrowDown'))
  await moves(() => page.keyboard.press('0'))
  const box = await frame.boundingBox()
  if (!box) throw new Error('no frame')
  await page.mouse.move(box.x + 60, box.y + 300)
  await moves(() => page.mouse.wheel(0, -300))
  await moves(async () => {
    await page.mouse.down()
    await page.mouse.move(box.x + 160, box.y + 360, { steps: 4 })
    await page.mouse.up()
  })
  await moves(() => page.getByRole('button', { name: 'Show the whole chart' }).click())
})

it('saves an SVG that stands alone', async () => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart?task=${desk.ids['end']}`)
  await page.locator('.cs-state.is-active').first().waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as SVG' }).click(),
  ])
  expect(download.suggestedFilename()).toBe(`task-${desk.ids['end']}.svg`)
  const svg = readFileSync(await download.path(), 'utf8')
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  expect(svg).not.toMatch(/class=|style=|<style|<script|href=|url\(|var\(/)
  expect(svg.match(/textLength=/g)?.length).toBeGreaterThan(60)
  expect(svg).toContain('validation.passed')
})

it.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['in the colours of the user, 320 px wide', { forcedColors: 'active', viewport: { width: 320, height: 640 } }],
  ['without motion, 320 px wide', { reducedMotion: 'reduce', viewport: { width: 320, height: 640 } }],
] as const)('gives axe nothing to say, %s', async (_name, media) => {
  const desk = await openBusyDesk()
  const page = await openPage(`${desk.url}#/chart`, media)
  for (const hash of [
    'chart',
    `chart?task=${desk.ids['approve']}`,
    'chart?machine=supervisor',
    'chart?task=task_none',
  ]) {
    await goTo(page, hash)
    await page.locator('.cs-state').first().waitFor()
    expect([hash, ...(await violationsOn(page))]).toEqual([hash])
    expect([hash, await sidewaysOverflow(page)]).toEqual([hash, 0])
  }
})
