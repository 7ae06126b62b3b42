import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is. @throws Error that says how to get it */
export function chromiumPath(): string {
  const wanted = process.env['CHROMIUM']
  const found = wanted ?? places.find((place) => existsSync(place))
  if (found === undefined)
    throw new Error(
      `the browser tests need Chromium and found none in ${places.join(', ')}: apt-get install chromium, or set CHROMIUM to its path`,
    )
  return found
}
