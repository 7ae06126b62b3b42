import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sandboxesBelow, survivors } from './sandbox-processes.ts'

const hostFile = fileURLToPath(new URL('./dying-host.ts', import.meta.url))
test.each(['with', 'without'])('%s bubblewrap, the processes of a host that is killed end with it', async (how) => {
  const host = spawn(process.execPath, ['--conditions=source', hostFile, how], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => host.stdout.once('data', resolve))
  const sandboxes = sandboxesBelow(host.pid ?? 0)
  expect(sandboxes.length).toBeGreaterThan(0)
  host.kill('SIGKILL')
  expect(await survivors(sandboxes)).toEqual([])
})
