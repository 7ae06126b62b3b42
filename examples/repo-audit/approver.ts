import { createInterface } from 'node:readline'
import type { Runtime } from 'taskwright'
import type { Approval } from './arguments.ts'
import { printable } from './format.ts'
import type { Verdict } from './publishing-tasks.ts'

/** Asks somebody. Gives `null` when the question was withdrawn. */
export type Ask = (prompt: string, withdrawn: AbortSignal) => Promise<Verdict | null>

/** Asks a person. No answer, such as the end of input, is a no; Ctrl-C is passed on as what it is. */
export function askOn(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Ask {
  return (prompt, withdrawn) =>
    new Promise((resolve) => {
      const lines = createInterface({ input, output })
      const settle = (verdict: Verdict | null): void => {
        resolve(verdict)
        lines.close()
      }
      withdrawn.addEventListener('abort', () => settle(null), { once: true })
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      lines.on('close', () => settle({ publish: false, by: 'the end of input' }))
      const ask = (question: string): void =>
        lines.question(question, (answer) => {
          if (/^y(?:es)?$/i.test(answer.trim())) settle({ publish: true, by: 'the person at the terminal' })
          else if (/^(?:no?)?$/i.test(answer.trim())) settle({ publish: false, by: 'the person at the terminal' })
          else ask('Please answer y or n. [y/N] ')
        })
      ask(`${printable(prompt)}. [y/N] `)
    })
}

/** Answers the questions that tasks ask, as the command line says, until `ended`. */
export function answerQuestions(runtime: Runtime, approval: Approval, ended: AbortSignal, ask: Ask): void {
  runtime.on('task.asked', async ({ taskId, questionId, prompt }) => {
    const verdict =
      approval === 'ask' ? await ask(prompt, ended) : { publish: approval === 'approve', by: `--${approval}` }
    if (verdict !== null) await runtime.get(taskId)?.answer(verdict, questionId)
  })
}
