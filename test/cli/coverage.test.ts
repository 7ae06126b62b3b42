import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchFolder } from '../examples/repo-audit/scratch-folder.ts'
import { runCommand } from './run-command.ts'

const orders = 'examples/lifecycle/purchase-order.ts'

describe('coverage', () => {
  test('prints what was covered, and why not the rest', async () => {
    const { code, out, err } = await runCommand('coverage', orders)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^purchaseOrder: (\d+) of \1 paths walked in /)
    expect(out).toMatch(/handler {3}transitions +5 of 5 {2}100\.0 %/)
    expect(out).toContain('because the definition has no timeout')
  })

  test('draws it, as a page of its own', async () => {
    const html = join(scratchFolder(), 'chart.html')
    expect((await runCommand('coverage', orders, '--html', html)).code).toBe(0)
    expect(readFileSync(html, 'utf8')).toContain('<svg')
  })

  test('is one JSON array, and fails below the threshold', async () => {
    const { code, out, err } = await runCommand(
      'coverage',
      orders,
      '--goal',
      'shortest',
      '--threshold',
      '100',
      '--json',
    )
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject([{ definition: 'purchaseOrder', failed: 0 }])
    expect(err).toContain('% of the pairs are covered, and 100 % must be')
  })

  test.each([
    [['no-such-file.ts'], 'there is no such file'],
    [[orders, '--only', 'nothing'], 'exports no such definition'],
    [[orders, '--goal', 'all'], '--goal must be exhaustive or shortest'],
    [[orders, '--threshold', '101'], '--threshold must be a number from 0 to 100'],
  ])('refuses %j', async (args, problem) => {
    const { code, err } = await runCommand('coverage', ...args)
    expect(code).toBe(2)
    expect(err).toContain(problem)
  })
})
