import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

export interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  /** Its name changes with its content. */
  readonly isImmutable: boolean
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/**
 * The files of the page by their paths, read once: a request can name nothing else. Empty if the page is not built.
 * @param folder absolute
 */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  let entries: ReturnType<typeof list>
  try {
    entries = list(folder)
  } catch {
    return files
  }
  for (const path of entries) {
    const name = `/${relative(folder, path).split(sep).join('/')}`
    const type = types[extname(path)]
    if (type === undefined) continue
    const file = { bytes: new Uint8Array(readFileSync(path)), type, isImmutable: name.startsWith('/assets/') }
    files.set(name, file)
    if (name === '/index.html') files.set('/', file)
  }
  return files
}

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
