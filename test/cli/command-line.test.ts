import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }
import { pathTo, workflows } from './shipped-inputs.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Answer {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as a process of its own. `interact` may talk to it while it runs. */
function taskwright(args: readonly string[], interact?: (child: ReturnType<typeof spawn>) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=source', program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }))
    interact?.(child)
  })
}

const lastLine = (out: string): unknown => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskwright-cli-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('taskwright', () => {
  it('tells its version and its commands', async () => {
    expect(await taskwright(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' })
    const help = await taskwright(['--help'])
    expect(help.code).toBe(0)
    expect(help.out).toMatch(/replay[\s\S]*schedule/)
  })

  it.each([
    [[], 'Usage: taskwright <command>'],
    [['replya'], "unknown command 'replya'"],
    [['--nonsense'], "unknown option '--nonsense'"],
  ])('answers %j with exit code 2', async (args, message) => {
    const answer = await taskwright(args)
    expect(answer).toMatchObject({ code: 2, out: '' })
    expect(answer.err).toContain(message)
  })
})

const replayReport = z.strictObject({
  file: z.string(),
  tasks: z.int(),
  completed: z.int(),
  slots: z.int(),
  makespanS: z.number(),
  criticalPathS: z.number(),
  workS: z.number(),
  maxHeld: z.int(),
  violations: z.array(z.string()),
})

describe('taskwright replay', () => {
  const file = pathTo(workflows.montage)

  it('prints one JSON object, and nothing else, with --json', async () => {
    const answer = await taskwright(['replay', file, '--slots', '8', '--virtual', '--json'])
    expect(answer).toMatchObject({ code: 0, err: '' })
    expect(answer.out.trimEnd().split('\n')).toHaveLength(1)
    expect(replayReport.parse(lastLine(answer.out))).toMatchObject({
      file,
      tasks: 58,
      completed: 58,
      slots: 8,
      violations: [],
    })
  })

  it('prints for people without it, and runs in real time', async () => {
    const answer = await taskwright(['replay', file, '--slots', '8', '--speed', '500'])
    // no exit code: how late real timers are is the machine's affair
    expect(answer.out).toMatch(/58 tasks on 8 slots, at 500 recorded seconds a second\n {2}completed {6}58\n/)
  })

  it('lists everything that is wrong with a call, and exits with 2', async () => {
    const answer = await taskwright(['replay', '--slots', '2.5', '--speed=-1', '--virtual', '--fast', 'a', 'b'])
    expect(answer).toEqual({
      code: 2,
      out: '',
      err: [
        'taskwright: taskwright replay --help tells how it is called:',
        '  - unknown option "--fast"',
        '  - "b" is one argument too many',
        '  - --slots must be a whole number from 1 to 10000; not "2.5"',
        '  - --speed must be a number above 0; not "-1"',
        '  - give --speed or --virtual, not both\n',
      ].join('\n'),
    })
  })

  it.each([
    [[], ['a file is required', '--slots is required: a whole number from 1 to 10000']],
    [['x', '--slots'], ['--slots must be a whole number from 1 to 10000; its value is missing']],
    [['x', '--slots', '--json'], ['--slots must be a whole number from 1 to 10000; its value is missing']],
    [['x', '--slots', '0'], ['--slots must be a whole number from 1 to 10000; not "0"']],
    [['x', '--slots', '-3'], ['--slots must be a whole number from 1 to 10000; not "-3"']],
    [['x', '--slots', '0x10'], ['--slots must be a whole number from 1 to 10000; not "0x10"']],
    [['x', '--slots', '2', '--speed', 'NaN'], ['--speed must be a number above 0; not "NaN"']],
  ])('refuses %j', async (args, problems) => {
    const answer = await taskwright(['replay', ...args])
    expect(answer).toMatchObject({ code: 2, out: '' })
    for (const problem of problems) expect(answer.err).toContain(`  - ${problem}\n`)
    expect(answer.err.trimEnd().split('\n')).toHaveLength(problems.length + 1)
  })

  it('names what is wrong with a file, without passing on its control characters, and exits with 2', async () => {
    const path = join(folder, 'damaged.json')
    await writeFile(path, '\u001b[31mred, and not JSON')
    const damaged = await taskwright(['replay', path, '--slots', '2', '--json'])
    expect(damaged).toMatchObject({ code: 2, out: '' })
    expect(damaged.err).toContain(`cannot use ${path}:\n  - it is not JSON`)
    expect(damaged.err).not.toContain('\u001b')
    const missing = await taskwright(['replay', join(folder, 'missing.json'), '--slots', '2', '--virtual'])
    expect(missing).toMatchObject({ code: 2, out: '' })
    expect(missing.err).toContain('there is no such file')
  })

  it('cancels what runs when it is interrupted, and exits with 130', async () => {
    const args = ['replay', pathTo(workflows.srasearch), '--slots', '4', '--speed', '0.001']
    const answer = await taskwright(args, (child) =>
      child.stdout?.once('data', () => {
        // twice, as npx does it
        child.kill('SIGINT')
        child.kill('SIGINT')
      }),
    )
    expect(answer).toMatchObject({ code: 130, err: 'taskwright: interrupted; what ran was cancelled\n' })
    expect(answer.out.trimEnd().split('\n')).toHaveLength(1)
  })

  it('ends quietly when nobody reads what it says', async () => {
    const answer = await taskwright(['replay', file, '--slots', '8', '--virtual'], (child) => child.stdout?.destroy())
    expect(answer).toMatchObject({ code: 0, err: '' })
  })
})

describe('taskwright schedule', () => {
  it('prints one JSON object a file', async () => {
    const files = ['rcpsp/urgent-last.sm', 'rcpsp/same-instant.sm'].map(pathTo)
    const answer = await taskwright(['schedule', ...files, '--json'])
    expect(answer).toMatchObject({ code: 0, err: '' })
    expect(
      answer.out
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { file: files[0], makespan: 7, violations: [] },
      { file: files[1], makespan: 11, violations: [] },
    ])
  })

  it('takes the policy it is told', async () => {
    const answer = await taskwright(['schedule', pathTo('rcpsp/urgent-last.sm'), '--policy', 'fifo'])
    expect(answer).toMatchObject({ code: 0, err: '' })
    expect(answer.out).toMatch(/urgent-last\.sm: makespan 9, violations 0\n$/)
  })

  it('runs nothing unless it can read every file, and says what is wrong with each', async () => {
    const answer = await taskwright([
      'schedule',
      pathTo('rcpsp/urgent-last.sm'),
      pathTo(workflows.montage),
      folder,
      '--json',
    ])
    expect(answer).toMatchObject({ code: 2, out: '' })
    expect(answer.err).toContain(`${folder}: it is a directory; name a file`)
    expect(answer.err).toContain('montage-chameleon-2mass-005d-001.json: it has no section RESOURCEAVAILABILITIES')
  })

  it('refuses a policy it does not know', async () => {
    const answer = await taskwright(['schedule', 'x.sm', '--policy', 'lifo'])
    expect(answer).toMatchObject({ code: 2, out: '' })
    expect(answer.err).toContain('--policy must be longest-path or fifo; not "lifo"')
  })
})
