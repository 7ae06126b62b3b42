import { existsSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { z } from 'zod'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

function chromiumPath(): string {
  const wanted = process.env['CHROMIUM']
  const found = wanted ?? places.find((place) => existsSync(place))
  if (found === undefined)
    throw new Error(
      `the browser tests need Chromium and found none in ${places.join(', ')}: apt-get install chromium, or set CHROMIUM to its path`,
    )
  return found
}

let browser: Browser | null = null

/** One browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(async () => {
    await browser?.close()
    browser = null
  })
}

/** Network errors are what a test makes when it stops the server; everything else in the console is a defect. */
const expected = /Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED|ERR_NETWORK/

/** A page of a fresh visitor. What it throws, logs as an error or is refused by the CSP fails the test. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  if (!browser) throw new Error('call useBrowser() at the top of the file')
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) complaints.push(message.text())
  })
  onTestFinished(async () => {
    await context.close()
    expect(complaints).toEqual([])
  })
  await page.goto(url)
  return page
}

const axeReport = z.object({
  violations: z.array(z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
})

/** What axe-core finds, a line for each: the rule, and where. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const report: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
  return axeReport
    .parse(report)
    .violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`))
}

/** How many pixels of the page lie to the right of the window. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  const overflow: unknown = await page.evaluate(
    'Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll("main, .view, .side, .bar")].map((one) => one.scrollWidth - one.clientWidth))',
  )
  return z.number().parse(overflow)
}
