import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Hono } from 'hono'
import { createSessions } from 'sojourn'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPage } from '../support/docs/blocks.ts'
import { programFolder, start, type Running } from '../support/docs/programs.ts'
import { snippetKind } from '../support/docs/project.ts'
import { browser } from '../support/browser.ts'
import { secrets } from '../support/sessions.ts'

const readme = await readPage('README.md')
const servers = readme.blocks.filter(({ language, text }) => language === 'ts' && snippetKind(text) === 'server')
const handler = (await readPage('docs/first-steps.md')).blocks.find(({ text }) => text.includes('session.takeFlashes'))!

let folder: string
let cwd: string

beforeEach(async () => {
  folder = await programFolder('readme-')
  cwd = await mkdtemp(join(tmpdir(), 'readme-cwd-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await rm(cwd, { recursive: true, force: true })
})

it('has two screens', () => {
  expect(readme.text.split('\n').length).toBeLessThanOrEqual(150)
})

describe('the programs of the README', () => {
  let server: Running | null = null

  afterEach(() => server?.stop())

  it('are there', () => {
    expect(servers.length).toBeGreaterThan(0)
  })

  it.each(servers)('$name counts visits, signs in, and continues after a restart', async ({ text }) => {
    const visitor = browser()
    server = await start(text, folder, cwd)
    expect(await (await visit(visitor)).text()).toBe('Visit 1 of a guest\n')
    expect((await visit(visitor, 'favicon.ico')).status).toBe(404)
    expect(await (await visit(visitor)).text()).toBe('Visit 2 of a guest\n')

    await server.stop()
    server = await start(text, folder, cwd)
    expect(await (await visit(visitor)).text()).toBe('Visit 3 of a guest\n')

    const login = await visit(visitor, 'login', { method: 'POST' })
    expect(login.status).toBe(302)
    expect(login.headers.getSetCookie().join()).toMatch(/\bsession=[\w-]+; Max-Age=604800;.*\bguest=; Max-Age=0/)
    expect(await (await visit(visitor)).text()).toBe('Visit 4 of 42\n')
  })

  it('answers as the transcript says', async () => {
    const [transcript] = readme.blocks.filter(({ language }) => language === 'console')
    server = await start(servers[0]!.text, folder, cwd)
    const visitor = browser()
    for (const part of transcript!.text.split(/^\$ /m).slice(1)) {
      const [line = '', ...answer] = part.trimEnd().split('\n')
      const [, post, path] = /^curl -c jar -b jar( -X POST)? http:\/\/localhost:3000\/(\w*)$/.exec(line) ?? []
      const response = await visit(visitor, path, { method: post === undefined ? 'GET' : 'POST' })
      expect([line, (await response.text()).trimEnd()]).toEqual([line, answer.join('\n')])
    }
  })

  async function visit(visitor: ReturnType<typeof browser>, path = '', init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${server?.url}${path}`, {
      redirect: 'manual',
      headers: { Cookie: visitor.cookie },
      ...init,
    })
    visitor.receive(response.headers)
    return response
  }
})

it('the snippet in a handler does what it says, line by line', async () => {
  const { app, seen } = await asHandler(handler.text)

  const response = await app.request('/', { method: 'POST', body: new URLSearchParams({ remember: 'on' }) })
  expect(response.status).toBe(200)
  expect(seen.get('session.userId')).toBe('42')
  expect(seen.get('session.takeFlashes()')).toEqual([{ category: 'success', message: 'Saved.' }])
  expect(seen.get('session.csrfToken')).toMatch(/^[\w-]{43}$/)
  expect(seen.get('session.isCsrfToken(form.csrf)')).toBe(false)
  expect(seen.get('session.signedInWithin(300)')).toBe(false) // after the sign-out above it
})

it('what it writes into the session is there on the next request', async () => {
  const untilSignedIn = handler.text.slice(0, handler.text.indexOf('\n', handler.text.indexOf('session.signIn')))
  const { app } = await asHandler(untilSignedIn)
  const response = await app.request('/', { method: 'POST', body: new URLSearchParams({ remember: 'on' }) })

  const set = response.headers.getSetCookie().join()
  expect(set).toMatch(/^session=.*Max-Age=604800/)
  const session = await createSessions({ secrets }).open(set.split(';', 1)[0])
  expect(session).toMatchObject({ userId: '42', data: { cart: ['tea'] }, remember: true })
})

/** A program that runs the lines of a snippet in a handler of Hono, and notes what each expression gives. */
async function asHandler(text: string): Promise<{ app: Hono; seen: Map<string, unknown> }> {
  const lines = text.split('\n').map((line) => {
    const [code = ''] = line.split(' //')
    return /^session\.[^=]*$/.test(code) ? `seen.set(${JSON.stringify(code)}, ${code})` : code
  })
  const file = join(folder, `handler-${lines.length}.mjs`)
  await writeFile(
    file,
    `import { Hono } from 'hono'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/hono'

export const seen = new Map()
export const app = new Hono()
app.use(sojourn(createSessions({ secrets: ${JSON.stringify(secrets)} })))
app.post('/', async (c) => {
  const form = await c.req.parseBody()
  ${lines.join('\n  ')}
  return c.text('done')
})
`,
  )
  return import(/* @vite-ignore */ pathToFileURL(file).href) as Promise<{ app: Hono; seen: Map<string, unknown> }>
}
