import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The tests' own runner leaves signs for its children that they run under it: a user's terminal has none. */
const { NODE_OPTIONS: _, VITEST: __, NODE_TEST_CONTEXT: ___, ...env } = process.env

interface Answer {
  readonly code: number | null
  /** Both streams. */
  readonly text: string
}

/** A user's project with the package installed as npm would: compiled, and nothing of this repository's settings. */
export interface InstalledProject {
  readonly folder: string
  write(path: string, text: string): void
  /** Runs a script of an installed package, or Node itself with flags. */
  node(...args: string[]): Promise<Answer>
  taskwright(...args: string[]): Promise<Answer>
  remove(): void
}

/** Packages are the repository's; the package itself is compiled anew. */
export async function installProject(): Promise<InstalledProject> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'taskwright-project-')))
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'taskwright')
  mkdirSync(own, { recursive: true })
  for (const name of readdirSync(join(repository, 'node_modules')).filter((one) => !one.startsWith('.')))
    symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  for (const name of ['package.json', 'bin']) cpSync(join(repository, name), join(own, name), { recursive: true })
  const compiler = join(modules, 'typescript/bin/tsc')
  const build = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(own, 'dist')]
  await promisify(execFile)(process.execPath, [compiler, ...build], { cwd: repository })

  const project: InstalledProject = {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    node: (...args) => run(args, folder),
    taskwright: (...args) => run([join(own, 'bin/taskwright.js'), ...args], folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  project.write('package.json', '{ "name": "project", "private": true, "type": "module" }')
  return project
}

function run(args: readonly string[], cwd: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
    child.on('error', reject).on('close', (code) => resolve({ code, text }))
  })
}
