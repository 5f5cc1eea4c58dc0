import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
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

it('an application of NestJS is tested in the same way', { timeout: 120_000 }, async () => {
  for (const name of ['@nestjs', 'rxjs', 'reflect-metadata'])
    await symlink(join(repository, 'node_modules', name), join(folder, 'node_modules', name))
  await writeFile(join(folder, 'nest.test.js'), nestTest)
  const { stderr } = await run('npx', ['jest', '--ci', 'nest.test.js'], { cwd: folder })
  expect(stderr).toMatch(/^Tests: +1 passed, 1 total$/m)
})

const nestTest = `
const { Controller, Get, Module, UseGuards } = require('@nestjs/common')
const { Test } = require('@nestjs/testing')
const { createSessions } = require('sojourn')
const { Session, SignedInGuard, SojournModule } = require('sojourn/nest')
const { signedInAs } = require('sojourn/testing')

const sessions = createSessions()
class Account {
  show(session) {
    return session.userId
  }
}
const method = Object.getOwnPropertyDescriptor(Account.prototype, 'show')
Session()(Account.prototype, 'show', 0)
Get()(Account.prototype, 'show', method)
UseGuards(SignedInGuard)(Account)
Controller('account')(Account)
class AppModule {}
Module({ imports: [SojournModule.forRoot(sessions)], controllers: [Account] })(AppModule)

test('shows the account of the signed-in user', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
  const app = module.createNestApplication()
  await app.listen(0)
  const url = (await app.getUrl()) + '/account'
  const Cookie = await signedInAs(sessions, '42')

  expect((await fetch(url)).status).toBe(401)
  expect(await (await fetch(url, { headers: { Cookie } })).text()).toBe('42')
  await app.close()
})
`

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
