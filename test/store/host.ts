import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Order, Said } from './host-protocol.ts'
import { saidSchema } from './host-protocol.ts'

const program = fileURLToPath(new URL('./host-program.ts', import.meta.url))

/** What a host says of that type. */
type SaidOf<Type extends Said['type']> = Extract<Said, { type: Type }>

function isOf<Type extends Said['type']>(said: Said, type: Type): said is SaidOf<Type> {
  return said.type === type
}

/** Another process with a runtime on a file store. */
export class Host {
  readonly said: Said[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<void>
  readonly #hear: (() => void)[] = []
  #errors = ''
  #submitted = 0

  /** @param prefix of the command, such as one that takes rights away */
  constructor(store: string, { prefix = [], cwd }: { prefix?: readonly string[]; cwd?: string } = {}) {
    const [command = '', ...args] = [...prefix, process.execPath, '--conditions=source', program, '--store', store]
    this.#child = spawn(command, args, { cwd })
    this.#child.stderr.on('data', (text) => {
      this.#errors += String(text)
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.said.push(saidSchema.parse(JSON.parse(line)))
      this.#wake()
    })
    onTestFinished(() => this.kill())
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => {
        resolve()
        this.#wake()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until it has said something of that type that fits; fails if it ends before. */
  until<Type extends Said['type']>(
    type: Type,
    fits: (said: SaidOf<Type>) => boolean = () => true,
  ): Promise<SaidOf<Type>> {
    return this.#until(`say ${type}`, () => this.all(type).find(fits))
  }

  all<Type extends Said['type']>(type: Type): SaidOf<Type>[] {
    return this.said.filter((said) => isOf(said, type))
  }

  /** Hands a task in. @returns its number */
  submit(size = 10): number {
    this.#submitted += 1
    this.#tell({ do: 'submit', number: this.#submitted, size })
    return this.#submitted
  }

  /** What became of a submission. */
  answerTo(number: number): Promise<SaidOf<'accepted'> | SaidOf<'refused'>> {
    const answers = () => [...this.all('accepted'), ...this.all('refused')]
    return this.#until(`answer ${number}`, () => answers().find((said) => said.number === number))
  }

  stop(graceMs = 1_000): Promise<SaidOf<'stopped'>> {
    this.#tell({ do: 'stop', graceMs })
    return this.until('stopped')
  }

  /** As it comes: it has no time for a last word. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async #until<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`it did not ${what}: ${JSON.stringify(this.said)} ${this.#errors}`)
      await new Promise<void>((resolve) => {
        this.#hear.push(resolve)
      })
    }
  }

  #wake(): void {
    for (const hear of this.#hear.splice(0)) hear()
  }

  #tell(order: Order): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`)
  }
}
