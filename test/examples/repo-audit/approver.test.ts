import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askOn } from '../../../examples/repo-audit/approver.ts'

function asked(withdrawn: AbortSignal = new AbortController().signal) {
  const input = new PassThrough()
  const output = new PassThrough()
  return { input, output, verdict: askOn(input, output)('Publish a\u001b[2Jb?', withdrawn) }
}

const person = 'the person at the terminal'

test.each([
  ['y\n', { publish: true, by: person }],
  [' YES \n', { publish: true, by: person }],
  ['n\n', { publish: false, by: person }],
  ['No\n', { publish: false, by: person }],
  ['\n', { publish: false, by: person }],
  ['perhaps\nyes please\ny\n', { publish: true, by: person }],
])('the answer %j', async (typed, verdict) => {
  const question = asked()
  question.input.write(typed)
  expect(await question.verdict).toEqual(verdict)
})

test('the end of input is a no', async () => {
  const question = asked()
  question.input.end()
  expect(await question.verdict).toEqual({ publish: false, by: 'the end of input' })
})

test('a withdrawn question is not answered', async () => {
  const withdrawing = new AbortController()
  const question = asked(withdrawing.signal)
  withdrawing.abort()
  expect(await question.verdict).toBeNull()
})

test('what is asked cannot drive the terminal, and says what is taken for granted', async () => {
  const question = asked()
  question.input.write('maybe\nn\n')
  await question.verdict
  expect(String(question.output.read())).toBe('Publish a\\u{1b}[2Jb?. [y/N] Please answer y or n. [y/N] ')
})
