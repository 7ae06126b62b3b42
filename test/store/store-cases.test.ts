import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { JournalRecord, Store } from 'taskwright'
import { MemoryStore } from 'taskwright'
import type { StoreCaseOptions, StorePlace } from 'taskwright/testing'
import { storeCases } from 'taskwright/testing'
import { expect, test } from 'vitest'

/** A disk in memory with a switch, and what the next process finds on it. */
class Disk {
  records: JournalRecord[] = []
  isBroken = false
  isOpen = false
}

/** A store that does what it has to. The flawed ones below each do one thing wrong. */
class GoodStore implements Store {
  readonly isVolatile: boolean = false
  pending: JournalRecord[] = []
  forgotten: string[] = []
  readonly disk: Disk

  constructor(disk: Disk) {
    this.disk = disk
  }

  append(record: JournalRecord): void {
    this.pending.push(record)
  }

  async flush(): Promise<void> {
    if (this.pending.length === 0 && this.forgotten.length === 0) return
    await Promise.resolve()
    if (this.disk.isBroken) throw new Error('the disk is full')
    this.disk.records.push(...this.pending.splice(0))
    const gone = new Set(this.forgotten.splice(0))
    this.disk.records = this.disk.records.filter(({ event }) => !('taskId' in event && gone.has(event.taskId ?? '')))
  }

  async *load(): AsyncIterable<readonly JournalRecord[]> {
    yield [...this.disk.records]
  }

  forget(taskIds: readonly string[]): void {
    this.forgotten.push(...taskIds)
  }

  async close(): Promise<void> {
    this.disk.isOpen = false
    await this.flush()
  }
}

type Maker = (disk: Disk) => Store

const all = { locks: true, breaks: true }

/** The cases that a store fails. */
async function failedBy(make: Maker, options: StoreCaseOptions = all): Promise<string[]> {
  const places = async (): Promise<StorePlace> => {
    const disk = new Disk()
    return {
      open: async () => {
        if (disk.isOpen) throw new Error('it is open')
        disk.isOpen = true
        return make(disk)
      },
      remove: async () => undefined,
      break: async () => {
        disk.isBroken = true
        return async () => {
          disk.isBroken = false
        }
      },
    }
  }
  const failed: string[] = []
  for (const { name, run } of storeCases(places, options))
    await run().catch(() => {
      failed.push(name)
    })
  return failed
}

test('a store that does what it has to passes', async () => {
  expect(await failedBy((disk) => new GoodStore(disk))).toEqual([])
})

const flaws: Readonly<Record<string, Maker>> = {
  'says that it keeps nothing': (disk) =>
    new (class extends GoodStore {
      override readonly isVolatile = true
    })(disk),
  'drops payloads': (disk) =>
    new (class extends GoodStore {
      override append({ event }: JournalRecord): void {
        super.append({ event, payload: null })
      }
    })(disk),
  'mixes the order up': (disk) =>
    new (class extends GoodStore {
      override append(record: JournalRecord): void {
        this.pending.unshift(record)
      }
    })(disk),
  'does not flush when it is closed': (disk) =>
    new (class extends GoodStore {
      override async close(): Promise<void> {
        this.disk.isOpen = false
      }
    })(disk),
  'cannot be closed twice': (disk) =>
    new (class extends GoodStore {
      override async close(): Promise<void> {
        if (!this.disk.isOpen) throw new Error('it is closed')
        await super.close()
      }
    })(disk),
  'writes twice what is flushed twice at the same time': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        const records = [...this.pending]
        await super.flush()
        if (this.pending.length === 0 && records.length > 1) this.disk.records.push(...records.slice(1))
      }
    })(disk),
  'forgets nothing': (disk) =>
    new (class extends GoodStore {
      override forget(): void {
        // nothing
      }
    })(disk),
  'forgets only when something is appended': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        if (this.pending.length > 0) await super.flush()
      }
    })(disk),
  'forgets at once what is on disk, and not what is on its way': (disk) =>
    new (class extends GoodStore {
      override forget(taskIds: readonly string[]): void {
        const gone = new Set(taskIds)
        this.disk.records = this.disk.records.filter(
          ({ event }) => !('taskId' in event && gone.has(event.taskId ?? '')),
        )
      }
    })(disk),
  'forgets the events of the runtime as well': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        const forgets = this.forgotten.length > 0
        await super.flush()
        if (forgets) this.disk.records = this.disk.records.filter(({ event }) => 'taskType' in event)
      }
    })(disk),
  'takes a new record for one that was written before it was forgotten': (disk) => {
    let last = 0
    return new (class extends GoodStore {
      override append(record: JournalRecord): void {
        if (record.event.seq > highest.get(disk).last) super.append(record)
        last = Math.max(last, record.event.seq)
        highest.get(disk).last = last
      }
    })(disk)
  },
  'lets a second one in': (disk) => {
    disk.isOpen = false
    return new GoodStore(disk)
  },
  'keeps quiet about what it could not write': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        await super.flush().catch(() => undefined)
      }
    })(disk),
  'drops what it could not write': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        if (!this.disk.isBroken) return super.flush()
        this.pending = []
        throw new Error('the disk is full')
      }
    })(disk),
  'writes in spite of what it says': (disk) =>
    new (class extends GoodStore {
      override async flush(): Promise<void> {
        if (!this.disk.isBroken) return super.flush()
        this.disk.records.push(...this.pending)
        throw new Error('the disk is full')
      }
    })(disk),
  'answers the second of two flushes at once': (disk) =>
    new (class extends GoodStore {
      #isFlushing = false
      override async flush(): Promise<void> {
        if (this.#isFlushing) return
        this.#isFlushing = true
        await super.flush().finally(() => {
          this.#isFlushing = false
        })
      }
    })(disk),
  'keeps quiet when it is closed': (disk) =>
    new (class extends GoodStore {
      override async close(): Promise<void> {
        await super.close().catch(() => undefined)
      }
    })(disk),
  'keeps the lock when closing fails': (disk) =>
    new (class extends GoodStore {
      override async close(): Promise<void> {
        await this.flush()
        this.disk.isOpen = false
      }
    })(disk),
}

/** The highest seq that was ever written to a disk. */
const highest = {
  disks: new WeakMap<Disk, { last: number }>(),
  get(disk: Disk): { last: number } {
    const known = this.disks.get(disk) ?? { last: 0 }
    this.disks.set(disk, known)
    return known
  },
}

test.each(Object.entries(flaws))('one that %s does not', async (_, make) => {
  expect(await failedBy(make)).not.toEqual([])
})

test('cases that a place cannot make are left out unless they are asked for', async () => {
  const place = async () => ({ open: async () => new MemoryStore(), remove: async () => undefined })
  const names = (options?: StoreCaseOptions) => storeCases(place, options).map(({ name }) => name)
  expect(names({ locks: true }).length).toBeGreaterThan(names().length)
  const [breaking] = storeCases(place, { breaks: true }).filter(({ name }) => name.startsWith('a flush that cannot'))
  await expect(breaking?.run()).rejects.toThrow('break()')
})

test('the cases are tests of node:test as well', async () => {
  const fixture = fileURLToPath(new URL('./node-test-cases.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', '--test', '--test-reporter=tap', fixture], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  let out = ''
  child.stdout.on('data', (text) => {
    out += String(text)
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(out).toMatch(/# pass 11\n# fail 0/)
  expect(code).toBe(0)
})
