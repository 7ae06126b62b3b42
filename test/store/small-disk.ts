import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Host } from './host.ts'
import { scratchFolder } from './scratch-store.ts'

/** Where a host writes, until there is no room left. */
export interface SmallDisk {
  readonly folder: string
  /** What a host is told that finds no room. */
  readonly problem: { readonly code: string; readonly advice: string }
  /** Of the command of a host that finds no room from the beginning. */
  readonly prefix: readonly string[]
  fill(host: Host): void
  makeRoom(host: Host): void
}

function isDone(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0
}

/** A disk of 4 MB, in memory; `null` without the right to mount one. */
export function mountedDisk(): SmallDisk | null {
  const folder = scratchFolder()
  if (!isDone('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])) return null
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]))
  const ballast = join(folder, 'ballast')
  return {
    folder,
    problem: { code: 'STORE_FULL', advice: 'the disk is full; make room' },
    prefix: [],
    fill: () => {
      // To the last page.
      for (const bytes of [65_536, 4_096]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' })
        } catch {
          // ENOSPC
        }
      }
    },
    makeRoom: () => rmSync(ballast),
  }
}

/** A process whose files may not grow: needs no rights. What it writes fails as on a faulty disk. */
export function limitedDisk(): SmallDisk {
  const limit = ({ pid }: Host, bytes: string) => {
    if (!isDone('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`])) throw new Error('prlimit failed')
  }
  return {
    folder: scratchFolder(),
    problem: { code: 'STORE_IO', advice: 'the disk does not read or write it' },
    prefix: ['prlimit', '--fsize=4096:unlimited'],
    fill: (host) => limit(host, '4096'),
    makeRoom: (host) => limit(host, 'unlimited'),
  }
}
