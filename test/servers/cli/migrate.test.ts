import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { libraries } from '../../../src/cli/migrate/libraries.ts'
import { folder, sojourn } from '../../support/cli.ts'
import { repository } from '../../support/repository.ts'

/** Writes an application, and runs `migrate` in its folder. */
async function migrate(files: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const cwd = folder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, dirname(path)), { recursive: true })
    writeFileSync(join(cwd, path), text)
  }
  const run = await sojourn(['migrate', ...args], { cwd })
  for (const [path, text] of Object.entries(files)) expect(readFileSync(join(cwd, path), 'utf8')).toBe(text)
  return run
}

const secret = 'a secret of this test, of 32 bytes and more'

/** A store or an adapter of another library. */
const theirStore = Object.fromEntries(
  ['get', 'destroy', 'set', 'getSessionAndUser', 'deleteSession', 'updateSessionExpiration'].map((name) => [
    name,
    async () => null,
  ]),
)

const manifest = (...names: string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) })

it('prints the one line that changes from express-session, and changes nothing', async () => {
  const { code, stdout, stderr } = await migrate({
    'package.json': manifest('express', 'express-session'),
    'src/app.ts': `import express from 'express'\nimport session from "express-session"\n`,
  })

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`  src/app.ts:2
  - import session from "express-session"
  + import session from "sojourn/compat/express-session"
`)
  expect(stdout).toContain('npm install sojourn')
  expect(stdout).not.toContain('createSessions')
})

it.each([
  [`const session = require('express-session')`, `const session = require('sojourn/compat/express-session')`],
  [`} from 'express-session'`, `} from 'sojourn/compat/express-session'`],
  [
    `app.use(require('express-session')({ secret: 'keyboard cat', name: "sid" }))`,
    `app.use(require('sojourn/compat/express-session')({ secret: '…', name: "…" }))`,
  ],
  [
    `const { Store } = await import('express-session')`,
    `const { Store } = await import('sojourn/compat/express-session')`,
  ],
])('changes %s', async (line, changed) => {
  const { stdout } = await migrate({ 'package.json': manifest('express-session'), 'app.js': `${line}\n` })
  expect(stdout).toContain(`  app.js:1\n`)
  expect(stdout).toContain(`  + ${changed}\n`)
  expect(stdout).not.toContain('keyboard cat')
})

it('leaves types, comments, compiled code, packages and hidden folders as they are', async () => {
  const loads = `import session from 'express-session'\n`
  const { stdout } = await migrate({
    'package.json': manifest('express-session'),
    'types.ts': `import type { SessionData } from 'express-session'\ndeclare module 'express-session' {}\n`,
    'notes.ts': `// ${loads} * ${loads}`,
    'dist/app.js': loads,
    'node_modules/other/index.js': loads,
    '.cache/app.js': loads,
    'README.md': loads,
  })
  expect(stdout).toContain('No line of code loads it.')
})

it('prints the drop-in with what else must be installed, what remains, and the two steps on several servers', async () => {
  const { stdout } = await migrate({
    'package.json': manifest('fastify', '@fastify/secure-session', 'sojourn'),
    'app.js': `import secureSession from '@fastify/secure-session'\n`,
  })
  expect(stdout).toBe(`@fastify/secure-session: Change the import. All users stay signed in.

  npm install @fastify/cookie

  app.js:1
  - import secureSession from '@fastify/secure-session'
  + import secureSession from 'sojourn/compat/fastify-secure-session'

  Keep @fastify/secure-session in TypeScript, because the types come from there.
  On several servers, deploy the drop-in with the option wire: 'peer' to all of them first, and then without it.

  See docs/from-fastify.md: what is different, several servers, and the way back.
`)
})

it('asks for nothing more when all imports are changed', async () => {
  const files = {
    'package.json': manifest('express-session', 'sojourn'),
    'app.js': `import session from 'sojourn/compat/express-session'\n`,
  }
  expect(await migrate(files)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'Nothing is left to change: the code loads sojourn/compat/express-session.\n',
  })
  const { stdout } = await migrate({ ...files, 'store.js': `import { Store } from 'express-session'\n` })
  expect(stdout).toContain('  store.js:1\n')
  expect(stdout).not.toContain('npm install')
  expect(stdout).toContain('Keep express-session if your store loads it, as connect-redis does.')
})

it('prints how accept takes over the sessions of a library without a drop-in, for the framework in use', async () => {
  const { code, stdout } = await migrate({
    'package.json': manifest('koa', 'iron-session'),
    'server.mjs': `import { getIronSession } from 'iron-session'\n`,
  })
  expect(code).toBe(0)
  expect(stdout).toContain(`  server.mjs:1\n  - import { getIronSession } from 'iron-session'\n`)
  expect(stdout).toContain(`    import { sojourn } from 'sojourn/koa'
    import { fromIronSession } from 'sojourn/from/iron-session'
`)
  expect(stdout).toContain('    app.use(sojourn(sessions))\n')
})

it('takes a framework for a library of sessions only where its sessions are used', async () => {
  const routes = { 'package.json': manifest('react-router'), 'routes.ts': `import { Link } from 'react-router'\n` }
  expect(await migrate(routes)).toMatchObject({ code: 1, stdout: '' })
  const sessions = `import { createCookieSessionStorage } from 'react-router'\n`
  expect((await migrate({ ...routes, 'sessions.ts': sessions })).stdout).toContain('fromReactRouter')
})

it('knows every library by each of its packages, and each has its subpath and its page', async () => {
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { exports: object }
  for (const { packages, dropIn, reader, page } of libraries) {
    expect(exports).toHaveProperty([(dropIn ?? reader!.from).replace('sojourn', '.')])
    const text = readFileSync(join(repository, page), 'utf8')
    for (const name of packages) {
      const { stdout } = await migrate({
        'package.json': manifest(name),
        'a.ts': `import { createSessionStorage, useSession } from '${name}'\n`,
      })
      expect(stdout).toContain(`${name}: `)
    }
    if (reader === undefined) continue
    expect(text).toContain(reader.from)
    // The names that the printed lines leave to the application.
    const names = { key: Buffer.alloc(32, 'k'), cookieName: 'shop', store: theirStore, adapter: theirStore }
    const env = { SESSION_SECRET: secret, SESSION_PASSWORD: secret, AUTH_SECRET: secret, BETTER_AUTH_SECRET: secret }
    const evaluate = new Function('process', ...Object.keys(names), `return ${reader.options}`)
    const { [reader.name]: create } = (await import(reader.from)) as Record<string, (options: unknown) => object>
    expect(create!(evaluate({ env }, ...Object.values(names)))).toHaveProperty('open')
  }
})

it('prints one object as JSON', async () => {
  const files = { 'package.json': manifest('express-session'), 'b.ts': `import 'express-session'\n`, 'a.ts': '' }
  const { code, stdout } = await migrate(files, ['--json'])
  expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
    code: 0,
    libraries: [
      {
        name: 'express-session',
        dropIn: 'sojourn/compat/express-session',
        page: 'docs/from-express-session.md',
        uses: [{ file: 'b.ts', line: 1, text: `import 'express-session'` }],
      },
    ],
  })
})

it('uses the package manager of the folder', async () => {
  const files = { 'package.json': manifest('express-session'), 'pnpm-lock.yaml': '' }
  expect((await migrate(files)).stdout).toContain('pnpm add sojourn')
})

it('follows no link, so that a link to its own folder ends', async () => {
  const cwd = folder()
  writeFileSync(join(cwd, 'package.json'), manifest('express-session'))
  symlinkSync(cwd, join(cwd, 'self'))
  expect((await sojourn(['migrate'], { cwd })).code).toBe(0)
})

describe('says what is wrong', () => {
  it.each([
    ['no package.json', {}, [], 2, 'There is no package.json in'],
    ['no folder', {}, ['nowhere'], 2, `There is no folder 'nowhere'.`],
    ['two folders', {}, ['one', 'two'], 2, `migrate takes one folder, but also got 'two'.`],
    ['a damaged package.json', { 'package.json': '{' }, [], 1, 'is not JSON.'],
    ['none of the libraries', { 'package.json': '{}' }, [], 1, 'package.json names none of the libraries'],
  ])('%s', async (_name, files, args, code, message) => {
    const run = await migrate(files as Record<string, string>, args)
    expect(run).toMatchObject({ code, stdout: '' })
    expect(run.stderr).toContain(message)
  })
})
