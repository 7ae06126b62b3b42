import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordsIn, scratchFolder } from '../store/scratch-store.ts'
import { runCommand, spawnCommand } from './run-command.ts'
import { flipIn, makeStore, viewsIn } from './store-files.ts'

async function exported(path: string): Promise<string> {
  const out = join(scratchFolder(), 'lines.jsonl')
  expect(await runCommand('store', 'export', path, '--out', out)).toEqual({ code: 0, out: '', err: '' })
  return out
}

/** The lines of a good export, changed. */
async function changedLines(change: (lines: string[]) => unknown): Promise<string> {
  const out = await exported(await makeStore())
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  const changed = change(lines)
  writeFileSync(out, `${(Array.isArray(changed) ? changed : lines).join('\n')}\n`)
  return out
}

describe('taskwright store export and import', () => {
  test('make a file of the same records, of which recovery makes the same', async () => {
    const path = await makeStore()
    const out = await exported(path)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    const copy = join(scratchFolder(), 'copy.db')
    const records = await recordsIn(path)
    expect(await runCommand('store', 'import', copy, '--from', out)).toEqual({
      code: 0,
      out: `${copy}: ${records.length} events`,
      err: '',
    })
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(await recordsIn(copy)).toEqual(records)
    expect(readFileSync(await exported(copy), 'utf8')).toBe(readFileSync(out, 'utf8'))
    expect((await runCommand('store', 'check', copy)).code).toBe(0)
    expect(await viewsIn(copy)).toEqual(await viewsIn(path))
  })

  test('write one event a line, readable to every JSON tool', async () => {
    const lines = readFileSync(await exported(await makeStore()), 'utf8')
      .trimEnd()
      .split('\n')
    const events = lines.map((line): { seq: number; type: string } => JSON.parse(line))
    expect(events.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1))
    expect(new Set(events.map(({ type }) => type))).toContain('task.step.completed')
  })

  test('work through pipes, without driving the terminal', async () => {
    const path = await makeStore()
    const { code, out, err } = await spawnCommand(['store', 'export', path])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    const copy = join(scratchFolder(), 'copy.db')
    expect(await spawnCommand(['store', 'import', copy], { input: out })).toMatchObject({ code: 0, err: '' })
    expect(await recordsIn(copy)).toEqual(await recordsIn(path))
  })

  test('take a name of SQLite for that of a file', async () => {
    const path = await makeStore()
    const cwd = scratchFolder()
    const from = await exported(path)
    expect(await spawnCommand(['store', 'import', ':memory:', '--from', from], { cwd })).toMatchObject({ code: 0 })
    expect(await recordsIn(join(cwd, ':memory:'))).toEqual(await recordsIn(path))
  })

  test('take lines as other systems end them, blank ones, and a byte-order mark', async () => {
    const path = await makeStore()
    const text = readFileSync(await exported(path), 'utf8')
    const copy = join(scratchFolder(), 'copy.db')
    const input = `\ufeff${text.replaceAll('\n', '\r\n')}\r\n\n`
    expect(await spawnCommand(['store', 'import', copy], { input })).toMatchObject({ code: 0, err: '' })
    expect(await recordsIn(copy)).toEqual(await recordsIn(path))
  })
})

describe('taskwright store export', () => {
  test('overwrites nothing, the store least of all', async () => {
    const path = await makeStore()
    const before = readFileSync(path)
    for (const out of [path, await exported(path)]) {
      const { code, err } = await runCommand('store', 'export', path, '--out', out)
      expect({ code, err }).toEqual({
        code: 2,
        err: `taskwright: cannot use ${out}:\n  - it exists already; name a new file`,
      })
    }
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('says why it cannot write', async () => {
    const out = join(scratchFolder(), 'no', 'lines')
    expect(await runCommand('store', 'export', await makeStore(), '--out', out)).toMatchObject({
      code: 2,
      err: expect.stringContaining('its folder does not exist; make it first'),
    })
  })

  test('writes nothing of a file that is damaged', async () => {
    const path = await makeStore()
    flipIn(path, '"type":"task.step.completed"', 7)
    const folder = scratchFolder()
    for (const args of [[], ['--out', join(folder, 'lines')]]) {
      const { code, out, err } = await runCommand('store', 'export', path, ...args)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(/record \d+ is damaged; see `taskwright store check`, and restore it from a copy/)
    }
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('taskwright store import', () => {
  const refusedWith = async (from: string, problems: readonly (string | RegExp)[]) => {
    const path = join(scratchFolder(), 'new.db')
    const { code, out, err } = await runCommand('store', 'import', path, '--from', from)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    const [subject, ...found] = err.split('\n  - ')
    expect(subject).toBe(`taskwright: cannot import ${from}:`)
    expect(found).toEqual(problems.map((problem) => expect.stringMatching(problem)))
    expect(readdirSync(dirname(path)), 'nothing is left').toEqual([])
  }

  test('lists every bad line by its number, and imports none', async () => {
    const from = await changedLines((lines) => {
      lines[1] = '{"seq": 2, "at": 1'
      lines[3] = '[]'
      lines[4] = '{"seq":5,"at":1,"type":"task.exploded","taskId":"t","taskType":"x"}'
      lines[6] = '{"seq":"7","at":null,"type":"task.queued","taskId":"","demand":{"slots":-1}}'
      lines[8] = '7'
    })
    await refusedWith(from, [
      /^line 2: .*JSON/,
      /^line 4: it is no event: it has no type$/,
      /^line 5: "task\.exploded" is no type of event$/,
      /^line 7: task\.queued\.seq: /,
      /^line 7: task\.queued\.at: /,
      /^line 7: task\.queued\.demand\.slots: /,
      /^line 7: task\.queued\.taskId: /,
      /^line 7: task\.queued\.taskType: /,
      /^line 9: it is no event: it has no type$/,
    ])
  })

  test.each([
    [
      'are in another order',
      (lines: string[]) => [...lines.slice(0, 3), lines[4], lines[3], ...lines.slice(5)],
      [/^line 5: record 4 comes after record 5$/],
    ],
    [
      'stand twice',
      (lines: string[]) => [...lines, ...lines.slice(-1)],
      [/^line \d+: record (\d+) comes after record \1$/],
    ],
    [
      'lack what was accepted',
      (lines: string[]) => lines.filter((line) => !line.includes('"accepted"')),
      Array.from({ length: 20 }, () => /^line \d+: record \d+: task\.\S+ of task_\S+, which was never accepted/),
    ],
  ])('refuses lines that %s', async (_, change, problems) => {
    await refusedWith(await changedLines(change), problems)
  })

  test('refuses what is no journal at all', async () => {
    const folder = scratchFolder()
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    await refusedWith(file('empty', ''), [/^it has no lines$/])
    await refusedWith(file('blank', '\n\n  \n'), [/^it has no lines$/])
    await refusedWith(file('text', 'Dear reader,\nthis is a text.\n'), [/^line 1: .*JSON/, /^line 2: .*JSON/])
    await refusedWith(file('latin', Buffer.from('{"seq":1,"at":1,"type":"\xe9"}\n', 'latin1')), [
      /^line 1: it is not text in UTF-8$/,
    ])
    await refusedWith(file('other', '{"event":"login"}\n{"type":"toString","seq":1}\n'), [
      /^line 1: .*no type$/,
      /^line 2: "toString" is no type of event$/,
    ])
    const binary = await runCommand('store', 'import', join(folder, 'new.db'), '--from', await makeStore())
    expect(binary).toMatchObject({ code: 2, err: expect.stringMatching(/\n {2}- line 1: /) })
    expect(existsSync(join(folder, 'new.db'))).toBe(false)
  })

  test('refuses a source that cannot be read', async () => {
    const path = join(scratchFolder(), 'new.db')
    for (const [from, problem] of [
      [join(scratchFolder(), 'missing'), 'there is no such file'],
      [scratchFolder(), 'directory'],
    ] as const) {
      const { code, err } = await runCommand('store', 'import', path, '--from', from)
      expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(`cannot use ${from}:\n  - .*${problem}`) })
    }
    expect(existsSync(path)).toBe(false)
  })

  test('imports into a file of nothing, or a store without tasks, and into no other', async () => {
    const from = await exported(await makeStore())
    const folder = scratchFolder()
    const [empty, text] = [join(folder, 'empty'), join(folder, 'text')]
    writeFileSync(empty, '')
    writeFileSync(text, 'a text that somebody wants to keep, and long enough to be one\n'.repeat(9))
    expect((await runCommand('store', 'import', empty, '--from', from)).code).toBe(0)
    const before = await recordsIn(empty)
    expect(await runCommand('store', 'import', empty, '--from', from)).toEqual({
      code: 2,
      out: '',
      err: `taskwright: cannot use ${empty}:\n  - it holds tasks already; import into a new file`,
    })
    expect(await recordsIn(empty)).toEqual(before)
    expect(await runCommand('store', 'import', text, '--from', from)).toMatchObject({ code: 2, out: '' })
    expect(readFileSync(text, 'utf8')).toContain('somebody wants to keep')
    expect(await runCommand('store', 'import', join(folder, 'no', 'new.db'), '--from', from)).toMatchObject({
      code: 2,
      err: expect.stringContaining('its folder does not exist'),
    })
  })

  test('leaves nothing behind where there is no room', async () => {
    const from = await exported(await makeStore())
    const folder = scratchFolder()
    const answer = await spawnCommand(['store', 'import', join(folder, 'new.db'), '--from', from], {
      prefix: ['prlimit', '--fsize=20000'],
    })
    expect(answer).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('the disk does not read or write it'),
    })
    expect(readdirSync(folder)).toEqual([])
    const out = join(folder, 'lines')
    expect(
      await spawnCommand(['store', 'export', await makeStore(), '--out', out], { prefix: ['prlimit', '--fsize=4096'] }),
    ).toMatchObject({ code: 2, err: expect.stringContaining(`cannot use ${out}`) })
    expect(readdirSync(folder)).toEqual([])
  })
})
