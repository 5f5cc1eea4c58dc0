import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain } from '../../src/index.ts'
import { repository } from '../support/repository.ts'
import { freePort } from '../support/servers/server.ts'
import { browser, type Browser } from '../support/browser.ts'
import { secret } from '../support/sessions.ts'

/** In JavaScript. */
const plain = ['hono', 'express', 'fastify', 'h3', 'koa', 'node', 'fetch']
/** In TypeScript, because of its decorators. */
const compiled = ['nest']
const examples = [...plain, ...compiled]
/** Tried by sockets.test.ts. */
const withSockets = ['events', 'ws']
/** Tried by passport.test.ts. Its packages have no types of their own. */
const withPassport = ['passport']

type Visitor = Browser & { readonly userAgent: string }
const ada = { name: 'ada', password: 'difference engine', remember: 'on' }

const fileOf = (name: string) => `examples/${name}/${compiled.includes(name) ? 'out/nest/server.cjs' : 'server.mjs'}`

const tsc = (args: string) =>
  promisify(execFile)('node_modules/.bin/tsc', args.split(' '), { cwd: repository }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  )

beforeAll(async () => {
  for (const name of compiled) expect(await tsc(`-p examples/${name}`)).toMatchObject({ stdout: '' })
})

it('every folder of examples/ is tried here, and its types are right', async () => {
  const folders = (await readdir(join(repository, 'examples'), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  )
  expect(folders.map(({ name }) => name).toSorted()).toEqual([...examples, ...withSockets, ...withPassport].toSorted())

  const files = [...plain, ...withSockets].map(fileOf)
  const options =
    '--ignoreConfig --noEmit --checkJs --strict --target es2023 --module nodenext --skipLibCheck --types node'
  expect(await tsc(`${options} ${files.join(' ')}`)).toMatchObject({ stdout: '' })
})

it.each([...examples, ...withSockets, ...withPassport])(
  'examples/%s says in one line that its port is taken',
  async (name) => {
    const other = createServer().listen(0, 'localhost')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const started = promisify(execFile)(process.execPath, [fileOf(name)], {
      cwd: repository,
      env: { PATH: process.env['PATH'], PORT: String(port), SECRET_KEY: secret('example'), SESSIONS_FILE: ':memory:' },
    })
    const failed = await started.catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    const said = (failed as { stderr: string }).stderr.replace(/^.*\[NestApplication\].*\n/, '') // Nest logs it as well
    expect(said).toMatch(/^listen EADDRINUSE: address already in use \S+\n$/)
    other.close()
  },
)

describe.each(examples)('examples/%s', (name) => {
  let folder: string
  let port: number
  let server: ChildProcess
  let visitor: Visitor
  let phone: Visitor

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'example-'))
    await start()
  })

  afterAll(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(() => {
    visitor = Object.assign(browser(), {
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    })
    phone = Object.assign(browser(), {
      userAgent: 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/26.0 Safari/604.1',
    })
  })

  // All tests have one server, so each leaves its user signed out everywhere.
  afterEach(async () => {
    const last = Object.assign(browser(), { userAgent: 'unknown' })
    await submit('/sign-in', ada, last)
    await submit('/devices/end-others', {}, last)
    await submit('/sign-out', {}, last)
  })

  it('counts a guest’s visits', async () => {
    expect(await page()).toContain('<h1>Visit 1 of a guest</h1>')
    expect(await page()).toContain('<h1>Visit 2 of a guest</h1>')
  })

  it('signs in, stays signed in through a restart, and signs out', async () => {
    await page()
    const signedIn = await submit('/sign-in', ada)
    expect(signedIn.status).toBe(303)
    expect(signedIn.headers.getSetCookie().join()).toMatch(/\bsession=.+Max-Age=604800/)

    const welcome = await page()
    expect(welcome).toContain('of ada</h1>')
    expect(welcome).toContain('<p role="status">You are signed in.</p>')
    expect(await page()).not.toContain('role="status"') // a message is shown once

    await submit('/sign-in', ada, phone)
    await stop()
    await start()
    visitor.close()
    expect(await page()).toContain('of ada</h1>')
    expect(await page(phone)).toContain('of ada</h1>')

    expect((await submit('/sign-out')).status).toBe(303)
    const farewell = await page()
    expect(farewell).toContain('<h1>Visit 1 of a guest</h1>')
    expect(farewell).toContain('You are signed out.')
    expect(await page(phone)).not.toContain('Firefox')
  })

  it('lists a user’s devices, and signs one out by its button', async () => {
    await submit('/sign-in', ada)
    await submit('/sign-in', ada, phone)
    const seen = await page(phone)
    expect(seen).toContain('Safari <small>This device<')
    expect(seen).toContain('Firefox <small>Last used ')
    const shown = await page()
    expect(shown).toContain('Firefox <small>This device<')
    expect(shown).toContain('Safari <small>Last used ')

    const [, id = ''] = /value="([\w-]+)" aria-label="Sign out Safari"/.exec(shown) ?? []
    expect((await submit('/devices/end', { id })).status).toBe(303)
    const after = await page()
    expect(after).toContain('<p role="status">That device is signed out.</p>')
    expect(after).not.toContain('Safari')

    const told = await page(phone)
    expect(told).toContain('of a guest</h1>')
    expect(told).toContain(`<p role="status">${explain('revoked').sentence}</p>`)
    await submit('/sign-in', ada, phone)
    expect(await page(phone)).not.toContain(explain('revoked').sentence)
  })

  it('signs out everywhere else', async () => {
    const tablet = Object.assign(browser(), { userAgent: 'unknown' })
    for (const who of [visitor, phone, tablet]) await submit('/sign-in', ada, who)
    expect(await page()).toContain('A device <small>Last used ')

    expect((await submit('/devices/end-others')).status).toBe(303)
    const after = await page()
    expect(after).toContain('<p role="status">You are signed out everywhere else.</p>')
    expect(after).toContain('Firefox <small>This device')
    expect(after).not.toContain('Last used')
    for (const who of [phone, tablet]) expect(await page(who)).toContain(explain('revoked').sentence)
  })

  it('lets a sign-in without the tick go with the browser', async () => {
    await submit('/sign-in', { name: 'ada', password: 'difference engine' })
    expect(await page()).toContain('of ada</h1>')

    visitor.close()
    expect(await page()).toContain('of a guest</h1>')
  })

  it('shows user input as text', async () => {
    await submit('/sign-in', { name: '<img src=x>', password: 'none' })
    const shown = await page()
    expect(shown).toContain('of a guest</h1>')
    expect(shown).toMatch(/There is no &(lt|#60);img src=x&(gt|#62); with/)
  })

  it.each(['/sign-in', '/sign-out', '/devices/end', '/devices/end-others'])(
    'refuses a form of another site at %s',
    async (action) => {
      await submit('/sign-in', ada, phone)
      await submit('/sign-in', ada)
      const held = visitor.cookie
      const [, id = ''] = /name="id" value="([\w-]+)"/.exec(await page()) ?? []
      const stranger = /name="csrf" value="([\w-]+)"/.exec(await (await fetch(url())).text())?.[1] ?? ''

      for (const csrf of ['', stranger]) {
        const refused = await send(action, { csrf, id, ...ada }, held)
        expect(refused.status).toBe(403)
        expect(refused.headers.getSetCookie()).toEqual([])
      }
      for (const who of [visitor, phone]) expect(await page(who)).toContain('of ada</h1>')
    },
  )

  const url = (path = '/') => `http://localhost:${port}${path}`

  async function page(who = visitor): Promise<string> {
    const response = await fetch(url(), { headers: { Cookie: who.cookie } })
    expect(response.status).toBe(200)
    who.receive(response.headers)
    return response.text()
  }

  /** Fills in the form of the page and sends it. */
  async function submit(action: string, fields: Record<string, string> = {}, who = visitor): Promise<Response> {
    const shown = await page(who)
    expect(shown).toContain(`action="${action}"`)
    const csrf = /name="csrf" value="([\w-]+)"/.exec(shown)?.[1] ?? ''
    const response = await send(action, { csrf, ...fields }, who.cookie, who.userAgent)
    who.receive(response.headers)
    return response
  }

  function send(action: string, fields: Record<string, string>, Cookie: string, agent = ''): Promise<Response> {
    return fetch(url(action), {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { Cookie, 'User-Agent': agent },
      redirect: 'manual',
    })
  }

  async function start(): Promise<void> {
    port = await freePort() // another one each time: of the last one, a connection may still be open
    server = spawn(process.execPath, [join(repository, fileOf(name))], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    server.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    const died = once(server, 'exit').then(() => Promise.reject(new Error(`The example ended: ${said}`)))
    died.catch(() => {})
    const [printed] = await Promise.race([once(server.stdout!, 'data'), died])
    expect(String(printed)).toBe(`http://localhost:${port}\n`)
  }

  async function stop(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill()
    await once(server, 'exit')
  }
})
