import { createInterface } from 'node:readline'
import type { Runtime } from 'taskwright'
import type { Approval } from './arguments.ts'
import { printable } from './format.ts'
import type { Verdict } from './publishing-tasks.ts'

/** Asks on the terminal. No answer, such as the end of input, is a no; Ctrl-C is passed on as what it is. */
function askPerson(prompt: string): Promise<Verdict> {
  return new Promise((resolve) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    const settle = (publish: boolean, by: string): void => {
      resolve({ publish, by })
      terminal.close()
    }
    terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    terminal.on('close', () => settle(false, 'the end of input'))
    const ask = (question: string): void =>
      terminal.question(question, (answer) => {
        if (/^y(?:es)?$/i.test(answer.trim())) settle(true, 'the person at the terminal')
        else if (/^(?:no?)?$/i.test(answer.trim())) settle(false, 'the person at the terminal')
        else ask('Please answer y or n. [y/N] ')
      })
    ask(`${printable(prompt)}. [y/N] `)
  })
}

/** Answers the questions that tasks ask, as the command line says. @returns a function that ends it. */
export function answerQuestions(runtime: Runtime, approval: Approval, beforeAsking: () => void): () => void {
  return runtime.on('task.asked', async ({ taskId, questionId, prompt }) => {
    const verdictOf = (): Verdict | Promise<Verdict> => {
      if (approval !== 'ask') return { publish: approval === 'approve', by: `--${approval}` }
      beforeAsking()
      return askPerson(prompt)
    }
    await runtime.get(taskId)?.answer(await verdictOf(), questionId)
  })
}
