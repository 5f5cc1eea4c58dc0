import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from './support/program.ts'

const secret = 'a secret of these tests, 32 bytes or more'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'organizer-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Starts a program in the folder, with `input` as its standard input. */
function run(program: string, args: string[] = [], env: Record<string, string> = {}, input = '') {
  const running = runProgram(folder, program, args, env)
  running.child.stdin.end(input)
  return running
}

describe('the server', () => {
  it('documents every variable of the README in its help', async () => {
    const { code, out, err } = await run('main.js', ['--help'], { NODE_ENV: 'production' }).ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const [table] = /\| variable \|[^]*?\n\n/.exec(readme)!
    const variables = table.match(/^\| [^|]+/gm)!.flatMap((cell) => cell.match(/(?<=`)[A-Z_]+(?=`)/g) ?? [])
    expect(variables.length).toBeGreaterThan(15)
    for (const variable of variables) expect(out).toMatch(new RegExp(`(^|\\s)${variable}\\b`))
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it.each([
    [['8080'], 'Unexpected argument 8080. See npm start -- --help\n'],
    [['--port', '8080'], "Unknown option '--port'. See npm start -- --help\n"],
    [['--help=yes'], "Option '-h, --help' does not take an argument. See npm start -- --help\n"],
  ])('does not start with the unknown arguments %j', async (args, sentence) => {
    const result = await run('main.js', args, { PORT: '0' }).ended
    expect(result).toEqual({ code: 2, out: '', err: sentence })
  })

  it('prints its address, stops on SIGINT, and creates private data files', async () => {
    const server = run('main.js', [], { PORT: '0' })
    const [, url] = await server.waitForOutput(/running: (http:\S+)/)
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok')
    const { input } = await server.waitForOutput(/john\.smith@example\.com \/ password123/)
    expect(input).not.toContain('\u001b') // colours are for terminals
    server.child.kill('SIGINT')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })

    const data = join(folder, 'data')
    for (const [name, mode] of [
      ['', 0o700],
      ['development.key', 0o600],
      ['organizer.db', 0o600],
      ['sessions.db', 0o600],
    ] as const) {
      expect(statSync(join(data, name)).mode & 0o777).toBe(mode)
    }
    expect(Buffer.from(readFileSync(join(data, 'development.key'), 'utf8').trim(), 'base64url')).toHaveLength(32)
  })

  it('on SIGTERM answers requests on open connections, accepts no new ones, and exits', async () => {
    const server = run('main.js', [], { PORT: '0' })
    const url = await server.url()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const get = async (path: string) => {
      const [response] = (await once(request(url + path, { agent }).end(), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      return { status: response.statusCode, connection: response.headers.connection }
    }
    expect(await get('/healthz')).toEqual({ status: 200, connection: 'keep-alive' })
    server.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
    expect(await get('/organizer/login')).toEqual({ status: 200, connection: 'close' })
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
    agent.destroy()
  })

  it('takes the lifetimes of its sessions from the environment', async () => {
    const env = { PERMANENT_SESSION_LIFETIME: '7200', SESSION_ABSOLUTE_LIFETIME: '3600' }
    const server = run('main.js', [], { PORT: '0', ...env })
    const url = await server.url()
    const login = await fetch(`${url}/organizer/login`)
    const text = await login.text()
    expect(text).toContain('Stay signed in for 2 hours')
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)![1]!
    const { headers } = await fetch(`${url}/organizer/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Cookie: login.headers.getSetCookie()[0]!.split(';')[0]!, Origin: url },
      body: new URLSearchParams({ csrf, email: 'john.smith@example.com', password: 'password123', remember: 'on' }),
    })
    const cookie = headers.getSetCookie()[0]!
    const page = await (await fetch(`${url}/organizer/`, { headers: { Cookie: cookie.split(';')[0]! } })).text()
    expect(Number(/data-ends-in="(\d+)"/.exec(page)![1])).toBeLessThanOrEqual(3_600_000)
    expect(page).toContain('data-can-stay="false"')
    expect(await server.stop()).toMatchObject({ code: 0, err: '' })
  })

  it('takes its key from a file .env, and prints that', async () => {
    writeFileSync(join(folder, '.env'), `SECRET_KEY=${secret}\n`)
    const server = run('main.js', [], { PORT: '0' })
    await server.waitForOutput(/Key +SECRET_KEY from the environment/)
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it("stores sessions in Flask's cookie with SESSION_TYPE=flask, and prints that", async () => {
    const server = run('main.js', [], { PORT: '0', SESSION_TYPE: 'flask' })
    await server.waitForOutput(/Sessions +in Flask's cookie/)
    const [, url] = await server.waitForOutput(/running: (http:\S+)/)
    const [line] = (await fetch(`${url}/organizer/login`)).headers.getSetCookie()
    expect(line).toMatch(/^session=[\w-]+\.[\w-]{6}\.[\w-]{27};/)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
  })

  it.each([
    [{}, /Sessions +\S+sessions\.db/, true],
    [{ SESSION_TYPE: '' }, /Sessions +\S+sessions\.db/, true],
    [{ SESSION_TYPE: 'cookie' }, /Sessions +in a sealed cookie,.* \(SESSION_TYPE=cookie\)/, false],
  ])('with %j prints where it stores sessions', async (env, output, isFile) => {
    const server = run('main.js', [], { PORT: '0', ...env })
    await server.waitForOutput(output)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
    expect(existsSync(join(folder, 'data', 'sessions.db'))).toBe(isFile)
  })

  it.each(['sessions.db', 'organizer.db', 'development.key'])(
    'does not start if %s is a folder, and prints one line with the reason',
    async (name) => {
      mkdirSync(join(folder, 'data', name), { recursive: true })
      const { code, err } = await run('main.js', [], { PORT: '0' }).ended
      expect(code).toBe(1)
      expect(err).toMatch(/^Organizer did not start\. .*cannot be opened: .*DATA_DIR\.\n$/)
      expect(err).toContain(join('data', name))
    },
  )

  it('does not start if sessions.db is not a database, and does not change it', async () => {
    const file = join(folder, 'data', 'sessions.db')
    mkdirSync(join(folder, 'data'))
    writeFileSync(file, 'no database, '.repeat(100))
    const { code, err } = await run('main.js', [], { PORT: '0' }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^Organizer did not start\. .*sessions\.db cannot be opened: .*not a database/)
    expect(readFileSync(file, 'utf8')).toBe('no database, '.repeat(100))
  })

  it('does not start with an unknown SESSION_TYPE, and lists the known ones', async () => {
    const { code, err } = await run('main.js', [], { PORT: '0', SESSION_TYPE: 'files' }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^Organizer did not start\. .*SESSION_TYPE "files".* cookie,.* flask/)
  })

  it('replaces a damaged key in the data folder, and prints that', async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    writeFileSync(join(data, 'development.key'), '')
    const server = run('main.js', [], { PORT: '0' })
    await server.waitForOutput(/^The key in .*development\.key was damaged and has been replaced/m)
    await server.waitForOutput(/running: http/)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
  })

  it('shares one key and one demo account with servers that start at the same time', async () => {
    const servers = Array.from({ length: 3 }, () => run('main.js', [], { PORT: '0' }))
    const urls = await Promise.all(
      servers.map(async (server) => (await server.waitForOutput(/running: (http:\S+)/))[1]),
    )
    const page = await fetch(`${urls[0]}/organizer/login`)
    const cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!
    for (const url of urls) {
      const body = new URLSearchParams({ csrf, email: 'john.smith@example.com', password: 'password123' })
      const headers = { Cookie: cookie, Origin: url! }
      const signedIn = await fetch(`${url}/organizer/login`, { method: 'POST', body, headers, redirect: 'manual' })
      expect(signedIn.status).toBe(303)
    }
    for (const { child } of servers) child.kill('SIGTERM')
    await Promise.all(servers.map(({ ended }) => ended))
  })

  it('does not start if PORT is used by another program', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const result = await run('main.js', [], { PORT: String(port) }).ended
    taken.close()
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toBe(
      `Organizer did not start. Port ${port} is used by another program. Choose another, such as PORT=${port + 1}.\n`,
    )
  })

  it.each([
    [{ PORT: 'http' }, 'PORT is "http". Use a whole number from 0 to 65535.'],
    [{ PERMANENT_SESSION_LIFETIME: '7d' }, 'PERMANENT_SESSION_LIFETIME must be a whole number of seconds'],
    [{ SESSION_UNCONFIRMED_FOR: '-1' }, 'SESSION_UNCONFIRMED_FOR must be a whole number of seconds'],
    [{ SESSION_TYPE: 'postgres' }, 'SESSION_TYPE=postgres requires DATABASE_URL'],
    [{ DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/shop' }, 'Postgres at 127.0.0.1:1 does not answer: '],
    [
      { SESSION_TYPE: 'postgres', DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/shop' },
      'Postgres at 127.0.0.1:1 does not answer: ',
    ],
    [{ HOST: '203.0.113.1', PORT: '0' }, 'HOST=203.0.113.1 is not an address of this machine'],
    [{ NODE_ENV: 'production' }, 'SECRET_KEY is not set'],
    [{ NODE_ENV: 'production', SECRET_KEY: 'short' }, 'SECRET_KEY'],
    [{ NODE_ENV: 'production', SECRET_KEY: 'dev-secret-key-change-in-production' }, 'SECRET_KEY'],
  ])('does not start with %j, and prints one line with the reason', async (env, sentence) => {
    const result = await run('main.js', [], env as Record<string, string>).ended
    expect(result.code).toBe(1)
    expect(result.err).toContain(`Organizer did not start. `)
    expect(result.err).toContain(sentence)
    expect(result.err.trim().split('\n')).toHaveLength(1)
    expect(result.err).not.toContain('hunter2')
  })
})
