import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromePath, describeBrowser } from '../../support/chromium.ts'
import { readPage } from '../../support/docs/blocks.ts'
import { programFolder } from '../../support/docs/programs.ts'
import { compile } from '../../support/docs/project.ts'
import { freePort } from '../../support/servers/server.ts'
import { repository } from '../../support/repository.ts'
import { secret } from '../../support/sessions.ts'

describeBrowser('docs/browser-tests.md, in Chromium', () => {
  let folder: string
  let place: string

  beforeAll(async () => {
    folder = await programFolder('playwright-')
    const [project] = await compile([await readPage('docs/browser-tests.md')], folder)
    const { snippets, errors } = project!
    expect(errors).toEqual([])
    place = dirname(snippets[0]!.file)
    const port = String(await freePort())
    for (const { file } of snippets) await writeFile(file, (await readFile(file, 'utf8')).replaceAll('3000', port))
  }, 60_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('signs in once, and runs tests as the user and as a guest', { timeout: 120_000 }, async () => {
    const env = { ...process.env, SECRET_KEY: secret('playwright'), CHROME_PATH: chromePath, FORCE_COLOR: '0' }
    const cli = join(repository, 'node_modules/@playwright/test/cli.js')
    const args = [cli, 'test', '--reporter', 'line']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: place, env }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toContain('3 passed')
  })
})
