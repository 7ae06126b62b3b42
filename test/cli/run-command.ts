import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../src/cli/program.ts'

export interface Answer {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command in this process. */
export async function runCommand(...args: string[]): Promise<Answer> {
  const [out, err]: [string[], string[]] = [[], []]
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const code = await runProgram(args, { terminal, signal: new AbortController().signal })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface ProcessOptions {
  /** Of the command, such as one that takes rights away. */
  readonly prefix?: readonly string[]
  /** What it reads on its standard input. */
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Runs the command as a process of its own. */
export function spawnCommand(args: readonly string[], { prefix = [], input = '', env = {}, cwd }: ProcessOptions = {}) {
  const [command = '', ...rest] = [...prefix, process.execPath, '--conditions=source', main, ...args]
  return new Promise<Answer>((resolve, reject) => {
    const child = spawn(command, rest, { env: { ...process.env, ...env }, cwd })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })
}
