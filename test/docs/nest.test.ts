import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browser } from '../support/browser.ts'
import { readPage } from '../support/docs/blocks.ts'
import { programFolder, start } from '../support/docs/programs.ts'
import { repository } from '../support/repository.ts'

/** As `nest new` writes it. `module` gives CommonJS, because of package.json. */
const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
}

let folder: string
let project: string
let cwd: string

beforeAll(async () => {
  folder = await programFolder('nest-')
  cwd = await mkdtemp(join(tmpdir(), 'nest-cwd-'))
  project = join(folder, 'project')
  await mkdir(project)
  const { blocks } = await readPage('docs/frameworks.md')
  const program = blocks.find(({ text }) => text.startsWith('// app.module.ts'))!.text
  await writeFile(join(project, 'app.module.ts'), program)
  await writeFile(join(project, 'package.json'), '{ "type": "commonjs" }')
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await promisify(execFile)(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: project }).catch(
    ({ stdout }: { stdout: string }) => expect(stdout).toBe(''),
  )
}, 60_000)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await rm(cwd, { recursive: true, force: true })
})

it('the application for NestJS is CommonJS', async () => {
  expect(await readFile(join(project, 'app.module.js'), 'utf8')).toContain('require("sojourn/nest")')
})

describe.each([
  ['Express', ''],
  ['Fastify', ", new (require('@nestjs/platform-fastify').FastifyAdapter)()"],
])('the application for NestJS, on %s', (_, adapter) => {
  it('counts visits, signs in and out, and guards a page', async () => {
    const main = `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const { NestFactory } = require('@nestjs/core')
      const { AppModule } = require('./project/app.module.js')
      const app = await NestFactory.create(AppModule${adapter})
      await app.listen(3000)`
    const server = await start(main, folder, cwd)
    const visitor = browser()
    const visit = async (path: string, method = 'GET') => {
      const headers = { Cookie: visitor.cookie }
      const response = await fetch(new URL(path, server.url), { method, headers, redirect: 'manual' })
      visitor.receive(response.headers)
      return [response.status, method === 'GET' ? await response.text() : response.headers.get('Location')]
    }
    try {
      expect(await visit('/')).toEqual([200, 'Visit 1 of a guest\n'])
      expect((await visit('/account'))[0]).toBe(401)
      expect(await visit('/login', 'POST')).toEqual([302, '/'])
      expect(await visit('/')).toEqual([200, 'Visit 2 of 42\n'])
      expect(await visit('/account')).toEqual([200, 'You are 42\n'])
      expect(await visit('/logout', 'POST')).toEqual([302, '/'])
      expect(await visit('/')).toEqual([200, 'Visit 1 of a guest\n'])
    } finally {
      await server.stop()
    }
  })
})
