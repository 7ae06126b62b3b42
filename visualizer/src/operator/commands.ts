import type { CommandInput, CommandResult, Problem } from '../../../src/inspector/protocol.ts'
import { request } from '../live/request.ts'
import { forgetToken, requestToken, token } from './token.ts'

/** What came of a command. `given up`: nobody gave a token, and nothing was sent. */
export type Answer =
  | { readonly form: 'result'; readonly result: CommandResult }
  | { readonly form: 'problem'; readonly message: string; readonly problems: readonly string[] }
  | { readonly form: 'given up' }

/** Sends a command, and asks for the token first, as often as it takes. Never rejects. */
export async function sendCommand(command: CommandInput): Promise<Answer> {
  for (let reason = ''; ; reason = 'The server does not accept this token. It prints the right one when it starts.') {
    if (token.value === null && !(await requestToken(reason))) return { form: 'given up' }
    const answer = await send(command)
    if (answer !== 'token wrong') return answer
    forgetToken()
  }
}

async function send(command: CommandInput): Promise<Answer | 'token wrong'> {
  try {
    const response = await request('/commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
    })
    if (response.status === 401) return 'token wrong'
    if (response.ok) {
      const result: CommandResult = await response.json()
      return { form: 'result', result }
    }
    const { message, problems }: Problem = await response.json()
    return { form: 'problem', message, problems }
  } catch {
    return {
      form: 'problem',
      message:
        'The server did not answer. The command may have been carried out all the same: look before you repeat it.',
      problems: [],
    }
  }
}
