import { defineConfig } from 'vitest/config'

const browser = 'test/browser/**/*.test.ts'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    testTimeout: 60_000,
    // One fewer is the default, which on two cores is one.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: [browser] } },
      { extends: true, test: { name: 'browser', include: [browser], globalSetup: ['test/browser/build-page.ts'] } },
    ],
  },
})
