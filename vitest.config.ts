import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    include: ['test/**/*.test.ts', 'organizer/test/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: 2, // most of them wait for servers and browsers
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
