import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

const entries = readdirSync(`${repository}/frameworks`, { withFileTypes: true })
const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)

// Installs, builds and starts each application, as `npm run frameworks` does.
it.each(names)('an application of %s passes every check', { timeout: 240_000 }, async (name) => {
  const run = promisify(execFile)(process.execPath, ['scripts/run.mjs', 'frameworks', name], { cwd: repository })
  const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => ({
    stdout: error.stdout + error.stderr,
  }))
  expect(stdout).toMatch(/ (19|2\d|3\d) passed, 0 failed| is not tried, because/)
})
