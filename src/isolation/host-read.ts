import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { NonRetryableError } from '../model/errors.ts'

async function realRoots(roots: readonly string[]): Promise<string[]> {
  const real = await Promise.allSettled(roots.map((root) => realpath(root)))
  return real.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)
}

/**
 * Reads a text file for a handler. Where a path really leads has to be in one of the granted places: a link out of them
 * leads nowhere. @throws (rejects) NonRetryableError for what it may not read
 */
export async function hostRead(roots: readonly string[], path: string, maxBytes: number): Promise<string> {
  // The same words for what is forbidden and for what is not there: the answer must not say which.
  const refused = () =>
    new NonRetryableError(`${path} is not to be read: can.read grants ${roots.join(', ') || 'nothing'}`)
  if (path.includes('\0')) throw refused()
  const real = await realpath(path).catch(() => null)
  const granted = await realRoots(roots)
  if (real === null || !granted.some((root) => isWithin(real, root))) throw refused()
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null)
  if (!file) throw refused()
  try {
    const { size } = await assertFile(file, path)
    if (size > maxBytes) throw new NonRetryableError(`${path} has ${size} bytes, over the limit of ${maxBytes}`)
    // A folder on the way may have been made a link since: where the open file lies is what counts.
    const opened = await realpath(`/proc/self/fd/${file.fd}`).catch(() => real)
    if (!granted.some((root) => isWithin(opened, root))) throw refused()
    const content = Buffer.alloc(size)
    const { bytesRead } = await file.read(content, 0, size, 0)
    return content.subarray(0, bytesRead).toString('utf8')
  } finally {
    await file.close()
  }
}

async function assertFile(file: Awaited<ReturnType<typeof open>>, path: string): Promise<{ size: number }> {
  const stat = await file.stat()
  if (!stat.isFile()) throw new NonRetryableError(`${path} is no file`)
  return stat
}
