import { copyFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AuditChain, firstPrev } from '../../src/security/audit/audit-chain.ts'
import { leafHash } from '../../src/security/audit/merkle-tree.ts'
import { AuditFolder, audit, auditedStore, keys, otherKeys, tamper } from './audited-store.ts'

const folder = new AuditFolder()
const original = folder.file('original.db')
const publicKey = folder.file('key.pem', keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
let notes: string[] = []
let entries = 0
let copies = 0

beforeAll(async () => {
  notes = await auditedStore(original)
  entries = count(original)
  folder.file('last.note', notes.at(-1))
  folder.file('all.note', notes.join(''))
})

afterAll(() => folder.remove())

function count(path: string): number {
  let found = 0
  tamper(path, (database) => {
    found = Number(database.prepare('SELECT count(*) AS n FROM audit').get()?.['n'])
  })
  return found
}

/** A copy of the store, changed by who may write the file. */
function tampered(change: (database: DatabaseSync) => void): string {
  copies += 1
  const path = folder.file(`copy${copies}.db`)
  copyFileSync(original, path)
  tamper(path, change)
  return path
}

const rowSchema = z.object({ seq: z.number(), task: z.string().nullable(), hash: z.string(), line: z.string() })

function rows(database: DatabaseSync) {
  return database
    .prepare('SELECT * FROM audit ORDER BY seq')
    .all()
    .map((row) => rowSchema.parse(row))
}

/** Changes what an entry says, and the hash beside it, as somebody would who knows how it is made. */
function rewrite(database: DatabaseSync, seq: number, change: (line: string) => string): void {
  const line = change(rows(database)[seq - 1]?.line ?? '')
  const hash = leafHash(line).toString('hex')
  database.prepare('UPDATE audit SET line = ?, hash = ? WHERE seq = ?').run(line, hash, seq)
}

const asBob = (line: string) => line.replaceAll('"ada"', '"bob"').replaceAll('"bob"', '"eve"')

/** Writes the whole log anew from an entry on, with a chain that holds. */
function rechain(database: DatabaseSync, from: number, change: (line: string) => string): void {
  const chain = new AuditChain()
  for (const { seq, line } of rows(database)) {
    const { prev: _, seq: __, ...note } = JSON.parse(seq >= from ? change(line) : line)
    const again = chain.append(note)
    database.prepare('UPDATE audit SET line = ?, hash = ? WHERE seq = ?').run(again.line, again.hash, seq)
  }
}

describe('a log that nobody changed', () => {
  test('holds: against itself, its checkpoints, and those kept elsewhere', async () => {
    expect(entries).toBeGreaterThan(20)
    expect(notes.length).toBeGreaterThan(2)
    for (const more of [[], ['--key', publicKey], ['--checkpoint', folder.file('all.note'), '--key', publicKey]])
      expect(await audit('verify', original, ...more)).toMatchObject({ code: 0, err: [] })
    const { out } = await audit('verify', original, '--json', '--key', publicKey)
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ entries, uncovered: 0, problems: [] })
  })

  test('says who did what to which task with which outcome', () => {
    tamper(original, (database) => {
      const log = rows(database).map(({ line }) => JSON.parse(line))
      expect(log[0]).toMatchObject({ seq: 1, prev: firstPrev, action: 'start', details: { policy: 'two agents' } })
      const task = log.filter(({ on }) => on.id === log[1].on.id)
      expect(task.map(({ action, outcome }) => [action, outcome])).toEqual([
        ['submit', 'allowed'],
        ['grant', 'granted'],
        ['end', 'completed'],
      ])
      expect(task[0]).toMatchObject({ by: { id: 'ada', kind: 'agent', tenant: 'acme' }, rule: 'own work' })
      const others = log
        .filter(({ on }) => on.id !== log[1].on.id)
        .map(({ by, action, on, outcome, rule }) => [by.id, action, on.kind, outcome, rule])
      expect(others).toContainEqual(['ada', 'submit', 'task', 'denied', 'no deploys'])
      expect(others).toContainEqual(['olga', 'resize', 'pool', 'allowed', 'operators'])
      expect(log.at(-1)).toMatchObject({ action: 'stop', by: { id: 'runtime' } })
    })
  })
})

describe('is detected and located', () => {
  test('an edit', async () => {
    const path = tampered((database) => {
      const line = asBob(rows(database)[4]?.line ?? '')
      database.prepare('UPDATE audit SET line = ? WHERE seq = 5').run(`${line} `)
    })
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err[0]).toMatch(/entry 5: it was changed/)
    expect(err.join()).toMatch(/entry 6: .*entry 5 was changed/)
  })

  test('an edit with its hash made anew', async () => {
    const path = tampered((database) => rewrite(database, 5, asBob))
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/entry 6: the entry before it is not the one/)
  })

  test('an edit of the last entry with its hash made anew: by the checkpoint', async () => {
    const path = tampered((database) => rewrite(database, entries, (line) => line.replace('"stop"', '"nothing"')))
    const { code, err } = await audit('verify', path, '--checkpoint', folder.file('last.note'))
    expect(code).toBe(1)
    expect(err.join()).toMatch(
      new RegExp(`something in entries \\d+ to ${entries} is not what it was|entry ${entries} is not`),
    )
  })

  test('a deletion', async () => {
    const path = tampered((database) => database.exec('DELETE FROM audit WHERE seq IN (7, 8)'))
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/entries 7 to 8 are missing/)
  })

  test('a deletion, with the rest moved up', async () => {
    const path = tampered((database) => {
      database.exec(
        'DELETE FROM audit WHERE seq = 7; UPDATE audit SET seq = -seq WHERE seq > 7; UPDATE audit SET seq = -seq - 1 WHERE seq < 0',
      )
    })
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/entry 7 is missing/)
  })

  test('a deletion of the first', async () => {
    const path = tampered((database) => database.exec('DELETE FROM audit WHERE seq = 1'))
    expect((await audit('verify', path)).err.join()).toMatch(/entry 1 is missing/)
  })

  test('a swap', async () => {
    const path = tampered((database) =>
      database.exec(
        'UPDATE audit SET seq = -1 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 9; UPDATE audit SET seq = 9 WHERE seq = -1',
      ),
    )
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/entries 5 to 8 are missing/)
    expect(err.join()).toMatch(/entry 5 stands behind entry 9/)
  })

  test('an insertion', async () => {
    const path = tampered((database) => {
      const line = rows(database)[4]?.line ?? ''
      database.exec('UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = -seq + 1 WHERE seq < 0')
      database.prepare('INSERT INTO audit (seq, hash, line) VALUES (6, ?, ?)').run(leafHash(line).toString('hex'), line)
    })
    const { code, err } = await audit('verify', path)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/entry 5 stands behind entry 5/)
  })

  test('a tail that was cut off, checkpoints in the file too: by one kept elsewhere', async () => {
    const path = tampered((database) =>
      database.exec(
        `DELETE FROM audit WHERE seq > ${entries - 4}; DELETE FROM audit_checkpoint WHERE size > ${entries - 4}`,
      ),
    )
    expect((await audit('verify', path)).code).toBe(0)
    const { code, err } = await audit('verify', path, '--checkpoint', folder.file('last.note'), '--key', publicKey)
    expect(code).toBe(1)
    expect(err.join()).toContain(
      `the log had ${entries} entries, and has ${entries - 4}: entries ${entries - 3} to ${entries} are gone`,
    )
  })

  test('all of it gone', async () => {
    const path = tampered((database) => database.exec('DELETE FROM audit; DELETE FROM audit_checkpoint'))
    expect(await audit('verify', path)).toMatchObject({ code: 1, err: [expect.stringContaining('there is no entry')] })
  })

  test('a full rewrite, with a chain that holds: by a checkpoint kept elsewhere, between two of them', async () => {
    const path = tampered((database) => {
      rechain(database, 12, asBob)
      database.exec('DELETE FROM audit_checkpoint')
    })
    expect((await audit('verify', path)).code).toBe(0)
    const { code, err } = await audit('verify', path, '--checkpoint', folder.file('all.note'), '--key', publicKey)
    expect(code).toBe(1)
    expect(err[0]).toContain('something in entries 11 to 20 is not what it was')
  })

  test('a full rewrite with checkpoints made anew, by another key', async () => {
    const path = tampered((database) => {
      const chain = new AuditChain()
      for (const { seq, line } of rows(database)) {
        const { prev: _, seq: __, ...note } = JSON.parse(asBob(line))
        const again = chain.append(note)
        database.prepare('UPDATE audit SET line = ?, hash = ? WHERE seq = ?').run(again.line, again.hash, seq)
      }
      const { note } = chain.checkpoint('test.log', otherKeys.privateKey)
      database.exec('DELETE FROM audit_checkpoint')
      database.prepare('INSERT INTO audit_checkpoint VALUES (?, ?, ?, ?)').run(entries, note, 'x', '[]')
    })
    expect((await audit('verify', path)).code).toBe(0)
    const { err } = await audit('verify', path, '--key', publicKey)
    expect(err.join()).toMatch(/checkpoint of \d+ entries is not signed by the key/)
  })

  test('a checkpoint that was changed', async () => {
    const forged = (notes.at(-1) ?? '').replace(`\n${entries}\n`, `\n${entries - 1}\n`)
    const { code, err } = await audit(
      'verify',
      original,
      '--checkpoint',
      folder.file('forged.note', forged),
      '--key',
      publicKey,
    )
    expect(code).toBe(1)
    expect(err.join()).toContain('not signed by the key')
    const nonsense = await audit('verify', original, '--checkpoint', folder.file('nonsense.note', 'nonsense'))
    expect(nonsense.err.join()).toContain('it is no checkpoint')
  })
})

describe('proofs and exports', () => {
  test('an entry, and those of a task, are proven without the others', async () => {
    let task = ''
    tamper(original, (database) => {
      task = rows(database)[1]?.task ?? ''
    })
    for (const id of ['1', '5', String(entries), task]) {
      const { code, out } = await audit('prove', original, id)
      expect(code).toBe(0)
      const proof = folder.file('proof.json', out[0])
      expect(await audit('verify', proof, '--proof', '--key', publicKey)).toMatchObject({ code: 0, err: [] })
      const elsewhere = await audit(
        'verify',
        proof,
        '--proof',
        '--checkpoint',
        folder.file('last.note'),
        '--key',
        publicKey,
      )
      // One that an earlier checkpoint covers is proven for that.
      if (id === String(entries)) expect(elsewhere.code).toBe(0)
      const forged = folder.file(
        'forged.json',
        out[0]
          ?.replace('allowed', 'denied')
          .replace('"stop', '"stip')
          .replace('granted', 'refused')
          .replace('"start', '"stort')
          .replace('completed', 'failed'),
      )
      expect((await audit('verify', forged, '--proof', '--key', publicKey)).code).toBe(1)
    }
    expect(JSON.parse((await audit('prove', original, task)).out[0] ?? '').entries).toHaveLength(3)
  })

  test('what is not there is not proven', async () => {
    for (const id of ['0', String(entries + 1), 'task_none'])
      expect(await audit('prove', original, id)).toMatchObject({
        code: 2,
        err: [expect.stringContaining('there is no entry')],
      })
    expect((await audit('verify', folder.file('no.json', '{"size":1}'), '--proof')).err.join()).toContain(
      'it is no proof',
    )
  })

  test('an export holds as the store does, is an entry itself, and shows a change', async () => {
    const path = tampered(() => undefined)
    const exported = folder.file('export.jsonl')
    expect(await audit('export', path, '--out', exported)).toMatchObject({ code: 0, err: [] })
    expect(await audit('verify', exported, '--key', publicKey, '--checkpoint', folder.file('all.note'))).toMatchObject({
      code: 0,
    })
    expect(count(path)).toBe(entries + 1)
    tamper(path, (database) => {
      expect(JSON.parse(rows(database).at(-1)?.line ?? '')).toMatchObject({ action: 'export', by: { kind: 'person' } })
    })
    expect((await audit('verify', path)).code).toBe(0)
    const { out } = await audit('export', path)
    const changed = folder.file('changed.jsonl', out.join('\n').replaceAll('"ada"', '"eve"'))
    expect((await audit('verify', changed)).code).toBe(1)
  })

  test('a bad call is refused', async () => {
    expect((await audit('verify', folder.file('none.db'))).code).toBe(2)
    expect((await audit('verify', original, '--key', folder.file('bad.pem', 'no key'))).code).toBe(2)
    expect((await audit('verify')).code).toBe(2)
  })
})
