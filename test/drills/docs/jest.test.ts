import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { repository } from '../../support/repository.ts'

const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jest-'))
  await cp(new URL('jest/', import.meta.url), folder, { recursive: true })
  await run('npm', ['ci', '--ignore-scripts'], { cwd: folder })
  await unpackPackage()
  for (const { text } of (await readPage('docs/commonjs.md')).blocks) {
    const [, file] = /^\/\/ (\S+)\n/.exec(text) ?? []
    if (file === undefined) continue
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

it(
  'docs/commonjs.md: a CommonJS application is tested with Jest, which compiles Sojourn',
  { timeout: 120_000 },
  async () => {
    const { stderr } = await run('npx', ['jest', '--ci', 'cart.test.js'], { cwd: folder })
    expect(stderr).toMatch(/^Tests: +1 passed, 1 total$/m)
  },
)

it('docs/commonjs.md: tests that are ES modules need no transform', { timeout: 120_000 }, async () => {
  const env = { ...process.env, NODE_OPTIONS: '--experimental-vm-modules' }
  const args = ['jest', '--ci', '--config', '{ "transform": {}, "testMatch": ["**/*.test.mjs"] }']
  const { stderr } = await run('npx', args, { cwd: folder, env })
  expect(stderr).toMatch(/^Tests: +1 passed, 1 total$/m)
})

it('docs/commonjs.md: without the pattern, Jest fails', { timeout: 120_000 }, async () => {
  const args = ['jest', '--ci', '--config', '{ "testMatch": ["**/cart.test.js"] }']
  const failure = await run('npx', args, { cwd: folder }).catch((error: { stderr: string }) => error)
  if (Number(process.versions.node.split('.')[0]) < 24) expect(failure.stderr).toContain('transformIgnorePatterns')
})

/** Unpacks the package as npm would, because Jest compiles files below node_modules only by their real path. */
async function unpackPackage(): Promise<void> {
  const pack = ['pack', '--pack-destination', folder, '--ignore-scripts', '--json']
  const { stdout } = await run('npm', pack, { cwd: repository })
  const [{ filename }] = Object.values(JSON.parse(stdout) as Record<string, { filename: string }>) as [
    { filename: string },
  ]
  const installed = join(folder, 'node_modules/sojourn')
  await mkdir(installed)
  await run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1'])
}
