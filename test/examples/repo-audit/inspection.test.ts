import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runAuditProcess, startAudit } from './audit-process.ts'
import { scratchFolder } from './scratch-folder.ts'

const addressIn = (text: string) => /Watch it: (http:\S+)/.exec(text)?.[1] ?? ''

test('a run can be watched while it lasts; it ends when the work is done', async () => {
  const cwd = scratchFolder({ 'code/a.ts': 'export const a = 1\n' })
  const { code, stderr } = await runAuditProcess(['code', '--approve', '--port', '0', '--store', 'memory'], cwd)
  expect(code).toBe(0)
  const address = addressIn(stderr)
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  await expect(fetch(address)).rejects.toThrow()
})

test('and stays to be looked at if that is asked for, until Ctrl-C', async () => {
  const cwd = scratchFolder({ 'code/a.ts': 'export const a = 1\n' })
  const args = ['code', '--approve', '--port', '0', '--keep-open', '--store', 'memory']
  const audit = startAudit(args, cwd)
  await audit.said(/The page stays at/)
  let address = ''
  await audit.said({
    test: (text: string) => {
      address = addressIn(text)
      return address !== ''
    },
  })
  const response = await fetch(new URL('/api/v1/tasks?type=audit', address))
  expect(await response.json()).toMatchObject([{ type: 'audit', stage: 'completed' }])
  audit.kill('SIGINT')
  expect(await audit.ended).toMatchObject({ code: 0 })
})

test('a port that is taken is no reason not to work', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const cwd = scratchFolder({ 'code/a.ts': 'export const a = 1\n' })
  const args = ['code', '--approve', '--port', String(port), '--store', 'memory']
  const { code, stderr } = await runAuditProcess(args, cwd)
  expect(stderr).toContain('The run cannot be shown as a page: listen EADDRINUSE')
  expect(code).toBe(0)
})
