import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createSessions, type Sessions, type SessionStore } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import { memoryStore } from 'sojourn/memory'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { documentation, type Block } from '../support/docs/blocks.ts'
import { programFolder, start } from '../support/docs/programs.ts'
import { compile, snippetKind, needsServer, type Project } from '../support/docs/project.ts'
import { repository } from '../support/repository.ts'
import { browser, type Browser } from '../support/browser.ts'
import { secret } from '../support/sessions.ts'

const pages = await documentation()
// `tsx` is of applications like those in frameworks/, which their framework builds.
const languages = ['mermaid', 'js', 'json', 'ts', 'tsx', 'sh', 'console', 'python', 'nginx', 'sql', '']
let folder: string
let cwd: string
const projects = new Map<string, Project>()

beforeAll(async () => {
  vi.stubEnv('SECRET_KEY', secret('docs'))
  vi.stubEnv('FORMER_SECRET_KEY', secret('former'))
  vi.stubEnv('SESSION_SECRET', secret('another library'))
  vi.stubEnv('SESSION_KEY', Buffer.alloc(32, 7).toString('base64'))
  folder = await programFolder('docs-')
  cwd = await mkdtemp(join(tmpdir(), 'docs-cwd-'))
  // What a block opens by a relative path, such as a database, goes with it.
  process.chdir(cwd)
  for (const project of await compile(pages, folder)) projects.set(project.page.path, project)
}, 120_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  process.chdir(repository)
  await rm(folder, { recursive: true, force: true })
  await rm(cwd, { recursive: true, force: true })
})

describe.each(pages)('$path', ({ path, blocks }) => {
  const snippets = (...kinds: string[]): Block[] =>
    blocks.filter(({ language, text }) => language === 'ts' && kinds.includes(snippetKind(text)))
  // Its servers and what stands in its handler are tried in a test of their own.
  const isReadme = path === 'README.md'

  it('has blocks that are tried, or known to be of another language', () => {
    expect(blocks.map(({ language }) => language).filter((language) => !languages.includes(language))).toEqual([])
  })

  it('has snippets that compile, by the strictest settings', () => {
    expect(projects.get(path)?.errors).toEqual([])
  })

  // Blocks that need a server run beside one, in a test of their own.
  const alone = (isReadme ? snippets('module') : snippets('fragment', 'module')).filter(
    ({ text }) => !needsServer(text),
  )
  it.each(alone)('$name runs', async ({ name, text }) => {
    const asks = /sessions\.(list|revoke)|requireConfirmed/.test(text)
    const { sessions, session } = await surround(asks ? memoryStore() : undefined)
    await (await load(name)).default?.()

    await sessions.commit(session) // what it did to the session can be kept
  })

  it.each(snippets('tests'))('$name passes, as plain JavaScript', async ({ text }) => {
    const file = join(await mkdtemp(join(folder, 'tests-')), 'cart.test.mjs')
    await writeFile(file, text)
    const command = ['--test', '--test-reporter=tap', file]
    const env = { PATH: process.env['PATH'] }
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd, env })
    expect(stdout).toMatch(/^# pass [1-9]/m)
  })

  // One that imports another block is run with it, in a test of its own.
  const whole = snippets('server').filter(({ text }) => !needsServer(text) && !text.includes("from './"))
  it.each(isReadme ? [] : whole)('$name listens, counts visits and signs in', async ({ name, text: program }) => {
    const server = await start(await runnable(name, program), folder, cwd)
    try {
      await useOf(server.url, program)
    } finally {
      await server.stop()
    }
  })
})

describe('docs/first-steps.md', () => {
  const { blocks } = pages.find(({ path }) => path === 'docs/first-steps.md')!
  const transcript = blocks.find(({ language, text }) => language === 'console' && text.includes('/login'))!.text

  it.each(blocks.filter(({ text }) => text.includes('/login') && text !== transcript))(
    '$name answers as the transcript says',
    async ({ text }) => {
      const server = await start(text, folder, cwd)
      const visitor = browser()
      try {
        for (const part of transcript.split(/^\$ /m).slice(1)) {
          const [line = '', ...answer] = part.trimEnd().split('\n')
          const [, post, path] = /^curl -c jar -b jar( -X POST)? http:\/\/localhost:3000(\/\w*)$/.exec(line) ?? []
          const method = post === undefined ? 'GET' : 'POST'
          const headers = { Cookie: visitor.cookie }
          const response = await fetch(new URL(path!, server.url), { method, headers, redirect: 'manual' })
          visitor.receive(response.headers)
          // Each framework has a text of its own for a redirect.
          const said = response.status === 302 ? '' : await response.text()
          expect([line, said.trimEnd()]).toEqual([line, answer.join('\n')])
        }
      } finally {
        await server.stop()
      }
    },
  )

  it('has one program that is not plain JavaScript, and says so', () => {
    const typed = blocks.filter(({ text }) => snippetKind(text) === 'server' && isTyped(text))
    expect(typed.map(({ text }) => text.includes('export default'))).toEqual([true])
  })
})

it('the .env for Flask and TypeScript is one that both take', async () => {
  const [block] =
    pages.find(({ path }) => path === 'docs/flask.md')?.blocks.filter(({ language }) => language === 'sh') ?? []
  const env = Object.fromEntries((block?.text ?? '').split('\n').map((line) => line.split('=', 2)))
  expect(Object.keys(env)).toContain('SESSION_TYPE')

  const options = await optionsFromEnv({
    ...env,
    SECRET_KEY: secret('one'),
    SECRET_KEY_FALLBACKS: `["${secret('two')}"]`,
  })
  expect(createSessions(options).revocable).toBe(false)
})

describe('docs/sign-in.md', () => {
  it.each([
    ['docs/sign-in.md', '## A new password ends'],
    ['docs/devices.md', '## When the password changes'],
  ])('%s: %s, and this one continues', async (path, heading) => {
    const [newPassword] = await under(path, heading)
    const { sessions, session } = await surround(memoryStore())
    const other = await signedInAs(sessions, 'ada')
    await newPassword?.()
    const next = await sessions.commit(session)

    expect((await sessions.open(other)).outcome).toBe('revoked')
    expect((await sessions.open(next.getSetCookie()[0]?.split(';', 1)[0])).userId).toBe('ada')
  })

  it('a new password ends the other sessions without a store, and this one continues, also after a restart', async () => {
    const [signIn, everyPage, newPassword] = await under('docs/sign-in.md', '## The same without a store')
    const ada = { id: 'ada', name: 'Ada', generation: 1 }
    const table = {
      check: async () => ada,
      find: async () => ada,
      setPassword: async () => ({ ...ada, generation: (ada.generation += 1) }),
    }
    let { sessions } = await surround()
    const [own, other, copy] = [browser(), browser(), browser()]
    /** Where a device is sent, or the user who sees the page. */
    async function request(device: Browser, ...run: ((() => Promise<unknown>) | undefined)[]) {
      const session = await sessions.open(device.cookie)
      const c = { redirect: (to: string) => to }
      Object.assign(globalThis, { session, people: table, c })
      let sent: unknown
      for (const each of run) sent ??= await each?.()
      device.receive(await sessions.commit(session))
      return sent ?? session.userId
    }
    await request(own, signIn)
    await request(other, signIn)
    copy.put('session', own.get('session')!)
    for (const device of [own, other, copy]) expect(await request(device, everyPage)).toBe('ada')

    await request(own, everyPage, newPassword)
    expect(await request(own, everyPage)).toBe('ada')
    expect(await request(other, everyPage)).toBe('/login')

    sessions = createSessions() // as after a restart: nothing is remembered
    expect((await sessions.open(copy.cookie)).userId).toBe('ada')
    expect(await request(copy, everyPage)).toBe('/login')
    expect(await request(own, everyPage)).toBe('ada')
    expect(await request(other, everyPage)).toBe('/login')
  })

  it('the pages for people who are signed in send others to the login', async () => {
    const [hono] = snippetsWith('docs/sign-in.md', "'sojourn/hono'")
    const { app } = await load(hono!.block.name)
    const response: Response = await app.request('/account/password')
    expect([response.status, response.headers.get('Location')]).toEqual([302, '/login'])

    const Cookie = await signedInAs(createSessions(), 'ada')
    expect((await app.request('/account/password', { headers: { Cookie } })).status).toBe(404)
  })
})

describe('docs/flash-and-csrf.md', () => {
  const own = 'https://shop.example.com'

  it.each([
    ['GET', { 'sec-fetch-site': 'cross-site' }, false],
    ['POST', { 'sec-fetch-site': 'same-origin' }, false],
    ['POST', { 'sec-fetch-site': 'none' }, false],
    ['POST', { 'sec-fetch-site': 'same-site', origin: own }, true],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: own }, true],
    ['POST', { origin: own }, false],
    ['POST', { origin: 'https://other.example' }, true],
    ['POST', { origin: 'null' }, true],
    ['POST', { 'sec-fetch-site': 'new-word', origin: own }, false],
    ['DELETE', {}, true],
  ])('the guard: %s with %o is from another site: %s', async (method, headers: Record<string, string>, refused) => {
    const [guard] = snippetsWith('docs/flash-and-csrf.md', 'export function isCrossSite')
    const [application] = snippetsWith('docs/flash-and-csrf.md', 'app.use(sojourn')
    const { isCrossSite } = await load(guard!.block.name)
    expect(isCrossSite(method, (name: string) => headers[name], own)).toBe(refused)

    const { app } = await load(application!.block.name)
    expect((await app.request('/', { method, headers })).status).toBe(refused ? 403 : 404)
  })
})

it('docs/from-express-session.md: what was written to the session itself throws, or does nothing', async () => {
  const session = (await createSessions().open(null)) as unknown as Record<string, any>
  expect(() => (session['cart'] = ['tea'])).toThrow(TypeError)
  expect(() => (session['userId'] = 'ada')).toThrow('session.signIn(id)')
  expect(() => session['signIn'](42)).toThrow(expect.objectContaining({ code: 'ERR_USER_ID' }))

  session['signIn'](String(42))
  session['data'].cart = ['tea']
  delete session['cart']
  delete session['userId']
  expect(session).toMatchObject({ userId: '42', data: { cart: ['tea'] } })
})

it('docs/lifetimes.md: polling is not use', async () => {
  const [polling] = snippetsWith('docs/lifetimes.md', "app.get('/news'")
  const { app } = await load(polling!.block.name)
  const Cookie = await signedInAs(createSessions({ now: () => Date.now() - 2 * 3600 * 1000 }), 'ada')

  const polled: Response = await app.request('/news', { headers: { Cookie } })
  expect(await polled.json()).toEqual(['You have mail.'])
  expect([polled.headers.get('Cache-Control'), polled.headers.getSetCookie()]).toEqual(['no-store', []])

  const used: Response = await app.request('/', { headers: { Cookie } })
  expect(used.headers.getSetCookie()).toHaveLength(1)
})

describe('docs/data.md', () => {
  const messages = pages
    .find(({ path }) => path === 'docs/data.md')!
    .blocks.filter(({ language }) => language === '')
    .map(({ text }) => text.replace(/\s+/g, ' ').replace(/ …$/, ''))

  it.each([
    ['what JSON cannot carry', 0, { cart: [{ added: new Date() }] }],
    ['what is too big', 1, { m: 'x'.repeat(5000) }],
  ])('shows the message for %s', async (_, index, data) => {
    // As in production, where names are longer.
    const sessions = createSessions({ cookie: { secure: true } })
    const error: unknown = await signedInAs(sessions, '42', { data }).catch((thrown: unknown) => thrown)
    expect(messages[index]).toBeTruthy()
    expect((error as Error).message.startsWith(messages[index]!)).toBe(true)
  })

  it('says how much JSON fits into a cookie', async () => {
    const sessions = createSessions({ cookie: { secure: true } })
    await expect(signedInAs(sessions, '42', { data: { m: 'x'.repeat(2900) } })).resolves.toBeTruthy()
    await expect(signedInAs(sessions, '42', { data: { m: 'x'.repeat(3000) } })).rejects.toThrow('4,096')
  })
})

describe('docs/stores.md', () => {
  const outcome = async (cookie: string, sessions: Sessions) => (await sessions.open(cookie)).outcome

  it('adding a store signs nobody out; a server without it answers 503, and leaves the cookie', async () => {
    const [without, kept] = [createSessions(), createSessions({ store: memoryStore() })]
    const before = await signedInAs(without, 'ada', { data: { cart: ['tea'] } })
    const session = await kept.open(before)
    expect(session).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    const after = cookieIn(await kept.commit(session))
    expect(await outcome(after, kept)).toBe('active')

    expect(await outcome(after, without)).toBe('unavailable')
    const refused = await without.open(after)
    expect(() => refused.userId).toThrow(expect.objectContaining({ status: 503, headers: { 'Retry-After': '1' } }))
    expect((await without.commit(refused)).getSetCookie()).toEqual([])
    expect((await createSessions({ cookie: { name: 'other' } }).open(after)).outcome).toBe('none')
  })

  it('in two rounds with several servers, a stored session opens at a server without the store, and its changes reach the store', async () => {
    const unconfirmedFor = 600
    const [without, kept] = [
      createSessions({ unconfirmedFor }),
      createSessions({ store: memoryStore(), unconfirmedFor }),
    ]
    const session = await kept.open(await signedInAs(without, 'ada', { data: { cart: ['tea'] } }))
    const stored = cookieIn(await kept.commit(session))

    const there = await without.open(stored)
    expect(there).toMatchObject({ outcome: 'active', data: { cart: ['tea'] } })
    there.data['cart'] = ['oil']
    const back = await kept.open(cookieIn(await without.commit(there)))
    expect(back).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } })
  })

  it('back to the cookie, recent visitors stay signed in, also revoked ones; others are guests who sign in', async () => {
    let at = Date.now()
    const now = () => at
    const kept = createSessions({ store: memoryStore(), unconfirmedFor: 600, now })
    const without = createSessions({ unconfirmedFor: 600, whenUnavailable: 'guest', now })
    const [ada, eve] = [await signedInAs(kept, 'ada'), await signedInAs(kept, 'eve')]
    await kept.revokeAll('eve')
    expect(await outcome(eve, kept)).toBe('revoked')
    expect([await outcome(ada, without), await outcome(eve, without)]).toEqual(['active', 'active'])

    at += 600_000
    const late = await without.open(ada)
    expect(late).toMatchObject({ outcome: 'unavailable', userId: null })
    late.signIn('ada')
    expect((await without.open(cookieIn(await without.commit(late)))).userId).toBe('ada')
    const strict = await createSessions({ unconfirmedFor: 600, now }).open(ada)
    expect(() => strict.signIn('ada')).toThrow(expect.objectContaining({ status: 503 }))
  })

  it('until the last server has it, what ended at one that has it opens at one that has not', async () => {
    const [without, kept] = [createSessions(), createSessions({ store: memoryStore() })]
    const before = await signedInAs(without, 'ada')
    await kept.revokeAll('ada')
    expect(await outcome(before, kept)).toBe('revoked')
    expect(await outcome(before, without)).toBe('active')
  })

  it('a guest with data is unavailable as well, where there is no store', async () => {
    const kept = createSessions({ store: memoryStore() })
    const guest = await kept.open(null)
    guest.data['cart'] = ['tea']
    expect(await outcome(cookieIn(await kept.commit(guest)), createSessions())).toBe('unavailable')
  })
})

it.each(['express', 'hono'])(
  'docs/devices.md: the page in %s lists devices, and ends one or all others',
  async (framework) => {
    const [page] = snippetsWith('docs/devices.md', `'sojourn/${framework}'`)
    const { app } = await load(page!.block.name)
    const server: Server | null = framework === 'express' ? app.listen(0, '127.0.0.1') : null
    if (server !== null) await once(server, 'listening')
    onTestFinished(() => void server?.close().closeAllConnections())
    /** Sends a request to the application, as a whole server or as a function. */
    function send(path: string, init: RequestInit): Promise<Response> {
      if (server === null) return app.request(path, init)
      const { port } = server.address() as AddressInfo
      return fetch(`http://127.0.0.1:${port}${path}`, { ...init, redirect: 'manual' })
    }
    async function device(agent: string) {
      const visitor = browser()
      async function visit(path: string, body?: Record<string, string>): Promise<Response> {
        const init = body === undefined ? {} : { method: 'POST', body: new URLSearchParams(body) }
        const response = await send(path, { ...init, headers: { Cookie: visitor.cookie, 'User-Agent': agent } })
        visitor.receive(response.headers)
        return response
      }
      const devices = async () => (await visit('/devices')).text()
      await visit('/login', {})
      return { visit, devices }
    }
    const laptop = await device('Mozilla/5.0 Firefox/140.0')
    const [phone, tablet] = [await device('Mozilla/5.0 Safari/605'), await device('Mozilla/5.0 Chrome/130')]
    const shown = await laptop.devices()
    expect(shown.match(/<li>\s*\w+, last used/g)).toHaveLength(3)
    expect(shown).toMatch(/Firefox, last used [^<]*\(this one\)/)
    const csrf = /name="csrf" value="([\w-]+)"/.exec(shown)![1]!
    const [, id] = /Safari, last used[^]*?name="id" value="([\w-]+)"/.exec(shown)!

    expect((await laptop.visit('/devices/end', { id: id! })).status).toBe(403)
    await laptop.visit('/devices/end', { csrf, id: id! })
    expect(await laptop.devices()).toContain('Signed out on 1 device.')
    expect((await phone.visit('/devices')).headers.get('Location')).toBe('/login')
    expect((await tablet.visit('/devices')).status).toBe(200)

    await laptop.visit('/devices/end-others', { csrf })
    expect((await tablet.visit('/devices')).status).toBe(303)
    expect((await laptop.devices()).match(/<li>/g)).toHaveLength(1)
  },
)

it('docs/logged-out.md has a row for every outcome', async () => {
  const outcomes = (await readFile(join(repository, 'src/core/outcome.ts'), 'utf8')).matchAll(/^ {2}\| '([\w-]+)'$/gm)
  const { text } = pages.find(({ path }) => path === 'docs/logged-out.md')!
  const table = text.slice(text.indexOf('## Every outcome'), text.indexOf('## No cookie at all'))
  const rows = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([\w-]+)`/g)])

  const named = [...outcomes].map(([, outcome]) => outcome)
  expect(named.length).toBeGreaterThan(10)
  expect(rows.map(([, outcome]) => outcome).toSorted()).toEqual(named.toSorted())
})

const cookieIn = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')

/** The names of docs/README.md: a signed-in user, and a form of that user. */
async function surround(store?: SessionStore) {
  const sessions = createSessions({ store })
  const session = await sessions.open(await signedInAs(sessions, 'ada'))
  const form = { name: 'ada', password: 'difference engine', remember: 'on', csrf: session.csrfToken }
  const ada = { id: 'ada', name: 'Ada', generation: 1 }
  const people = { check: async () => ada, find: async () => ada, setPassword: async () => ada }
  const c = { var: { session }, redirect: (to: string) => to }
  Object.assign(globalThis, { session, sessions, form, people, c })
  vi.spyOn(console, 'log').mockImplementation(() => {})
  return { sessions, session }
}

/** Visits a program twice, and signs in where it has a form for that. */
async function useOf(url: string, program: string): Promise<void> {
  const visitor = browser()
  async function visit(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Cookie: visitor.cookie }
    const response = await fetch(new URL(path, url), { redirect: 'manual', ...init, headers })
    visitor.receive(response.headers)
    return response
  }
  if (/visits/.test(program)) {
    expect(await (await visit('/')).text()).toMatch(/\b1\b/)
    // A browser asks for it beside the page, and that is no visit.
    expect((await visit('/favicon.ico')).status).toBe(404)
    expect(await (await visit('/')).text()).toMatch(/\b2\b/)
  }
  if (!/'\/login'/.test(program)) return
  const body = new URLSearchParams({ password: 'difference engine', remember: 'on' })
  // Fastify refuses a form that the program does not read.
  const signedIn = await visit('/login', { method: 'POST', ...(program.includes('password') && { body }) })
  expect([302, 303]).toContain(signedIn.status)
  expect(signedIn.headers.getSetCookie().join()).toMatch(/\bsession=[\w-]+; Max-Age=604800/)
  if (/visits/.test(program)) expect(await (await visit('/')).text()).toMatch(/\b3\b/)
}

/** A program as its page shows it; compiled, where it has types. */
async function runnable(name: string, program: string): Promise<string> {
  return isTyped(program) ? readFile(compiled(name), 'utf8') : program
}

const isTyped = (program: string): boolean => /\benv: \{/.test(program)

function compiled(name: string): string {
  const found = [...projects.values()].flatMap(({ snippets }) => snippets).find(({ block }) => block.name === name)
  if (found === undefined) throw new Error(`${name} was not compiled`)
  return found.file
}

function load(name: string): Promise<Record<string, any>> {
  return import(/* @vite-ignore */ pathToFileURL(compiled(name)).href)
}

function snippetsWith(path: string, text: string) {
  return projects.get(path)!.snippets.filter(({ block }) => block.text.includes(text))
}

/** The fragments under a heading, as functions. */
async function under(path: string, heading: string): Promise<(() => Promise<unknown>)[]> {
  const { text } = pages.find((page) => page.path === path)!
  const from = text.indexOf(`\n${heading}`)
  if (from === -1) throw new Error(`${path} has no ${heading}`)
  const to = text.indexOf('\n## ', from + 1)
  const section = text.slice(from, to === -1 ? undefined : to)
  const { snippets } = projects.get(path)!
  const inside = snippets.filter(({ block, kind }) => kind === 'fragment' && section.includes(block.text))
  return Promise.all(inside.map(async ({ block }) => (await load(block.name))['default'] as () => Promise<unknown>))
}
