import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The page as it is now, before any test looks at it. */
export async function setup(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../../visualizer/vite.config.ts', import.meta.url)),
    logLevel: 'warn',
  })
}
