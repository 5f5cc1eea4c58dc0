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

/** Starts a program in the folder, with what is typed into it. */
function run(program: string, args: string[] = [], env: Record<string, string> = {}, input = '') {
  const running = runProgram(folder, program, args, env)
  running.child.stdin.end(input)
  return running
}

describe('people', () => {
  it('adds somebody with the password of standard input, lists them, and adds nobody twice', async () => {
    const added = await run('people.js', ['add', '--email', 'Grace.Hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(added).toMatchObject({ code: 0, out: 'Grace Hopper <grace.hopper@example.com> can sign in now.\n', err: '' })
    const again = await run('people.js', ['add', '--email', 'grace.hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(again).toMatchObject({ code: 1, err: 'grace.hopper@example.com has an account already.\n' })
    const list = await run('people.js', ['list'], { NODE_ENV: 'production' }).ended
    expect(list.out).toMatch(/^\d{4}-\d\d-\d\d {2}grace\.hopper@example\.com {2}Grace Hopper\n$/)

    const server = run('main.js', [], { NODE_ENV: 'production', SECRET_KEY: secret, PORT: '0' })
    const { url } = JSON.parse((await server.said(/\{.*Organizer is running.*\}/))[0])
    expect(await (await fetch(`${url}/organizer/login`)).text()).not.toContain('Demo')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it.each([
    [['add', '--email', 'a@example.com'], 'too short\n', 1, 'at least 12 characters'],
    [['add', '--email', 'a@example.com'], '', 1, 'at least 12 characters'],
    [['add', '--email', 'a@example.com'], 'x'.repeat(2000), 1, 'longer than 1024 bytes'],
    [['add'], 'nanoseconds of wire\n', 2, '--email'],
    [['add', '--email', 'nobody'], 'nanoseconds of wire\n', 2, 'is not an email address'],
    [['add', '--mail', 'a@example.com'], '', 2, "Unknown option '--mail'"],
    [['remove'], '', 2, 'remove is not known'],
    [['list', 'all'], '', 2, 'one word too many'],
    [[], '', 2, 'Who may sign in'],
  ])('%j ends with a clear sentence', async (args, input, code, sentence) => {
    const result = await run('people.js', args, {}, input).ended
    expect(result.code).toBe(code)
    expect(result.err).toContain(sentence)
    expect(result.err).not.toContain('    at ')
    expect((await run('people.js', ['list']).ended).out).toContain('Nobody yet')
  })

  it('explains itself', async () => {
    const help = await run('people.js', ['--help']).ended
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('npm run people -- add --email ada@example.com')
  })
})

describe('the server', () => {
  it('explains itself, with every variable that the README has', async () => {
    const { code, out, err } = await run('main.js', ['--help'], { NODE_ENV: 'production' }).ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [table] = /\| variable \|[^]*?\n\n/.exec(readme)!
    const variables = table.match(/^\| [^|]+/gm)!.flatMap((cell) => cell.match(/(?<=`)[A-Z_]+(?=`)/g) ?? [])
    expect(variables.length).toBeGreaterThan(15)
    for (const variable of variables) expect(out).toMatch(new RegExp(`(^|\\s)${variable}\\b`))
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it.each([
    [['8080'], '8080 is one word too many. See npm start -- --help\n'],
    [['--port', '8080'], "Unknown option '--port'. See npm start -- --help\n"],
    [['--help=yes'], "Option '-h, --help' does not take an argument. See npm start -- --help\n"],
  ])('does not start with %j, which it does not know', async (args, sentence) => {
    const result = await run('main.js', args, { PORT: '0' }).ended
    expect(result).toEqual({ code: 2, out: '', err: sentence })
  })

  it('says where it is, stops when told to, and keeps its key and its data to itself', async () => {
    const server = run('main.js', [], { PORT: '0' })
    const [, url] = await server.said(/running: (http:\S+)/)
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok')
    const { input } = await server.said(/john\.smith@example\.com \/ password123/)
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

  it('when told to stop answers what has come, and what comes by a connection that was kept; then it is gone', async () => {
    const server = run('main.js', [], { PORT: '0' })
    const url = await server.url()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const get = async (path: string) => {
      const [answer] = (await once(request(url + path, { agent }).end(), 'response')) as [IncomingMessage]
      answer.resume()
      await once(answer, 'end')
      return { status: answer.statusCode, connection: answer.headers.connection }
    }
    expect(await get('/healthz')).toEqual({ status: 200, connection: 'keep-alive' })
    server.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expect(fetch(`${url}/healthz`)).rejects.toThrow() // takes no connection any more
    expect(await get('/organizer/login')).toEqual({ status: 200, connection: 'close' })
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
    agent.destroy()
  })

  it('takes its key from a file .env, and says so', async () => {
    writeFileSync(join(folder, '.env'), `SECRET_KEY=${secret}\n`)
    const server = run('main.js', [], { PORT: '0' })
    await server.said(/Key +SECRET_KEY of the environment/)
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it("keeps its sessions in Flask's cookie where it is told to, and says so", async () => {
    const server = run('main.js', [], { PORT: '0', SESSION_TYPE: 'flask' })
    await server.said(/Sessions +in Flask's cookie/)
    const [, url] = await server.said(/running: (http:\S+)/)
    const [line] = (await fetch(`${url}/organizer/login`)).headers.getSetCookie()
    expect(line).toMatch(/^session=[\w-]+\.[\w-]{6}\.[\w-]{27};/)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
  })

  it.each([
    [{}, /Sessions +\S+sessions\.db/, true],
    [{ SESSION_TYPE: '' }, /Sessions +\S+sessions\.db/, true],
    [{ SESSION_TYPE: 'cookie' }, /Sessions +in a sealed cookie \(SESSION_TYPE=cookie\)/, false],
  ])('with %j says where it keeps its sessions', async (env, said, isFile) => {
    const server = run('main.js', [], { PORT: '0', ...env })
    await server.said(said)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
    expect(existsSync(join(folder, 'data', 'sessions.db'))).toBe(isFile)
  })

  it.each(['sessions.db', 'organizer.db', 'development.key'])(
    'does not start without its %s, and says why in one line',
    async (name) => {
      mkdirSync(join(folder, 'data', name), { recursive: true })
      const { code, err } = await run('main.js', [], { PORT: '0' }).ended
      expect(code).toBe(1)
      expect(err).toMatch(/^Organizer did not start\. .*cannot be opened: .*DATA_DIR\.\n$/)
      expect(err).toContain(join('data', name))
    },
  )

  it('does not start with a sessions.db that is none, and leaves it as it is', async () => {
    const file = join(folder, 'data', 'sessions.db')
    mkdirSync(join(folder, 'data'))
    writeFileSync(file, 'no database, '.repeat(100))
    const { code, err } = await run('main.js', [], { PORT: '0' }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^Organizer did not start\. .*sessions\.db cannot be opened: .*not a database/)
    expect(readFileSync(file, 'utf8')).toBe('no database, '.repeat(100))
  })

  it('does not start with a place for sessions that there is not, and says which there are', async () => {
    const { code, err } = await run('main.js', [], { PORT: '0', SESSION_TYPE: 'files' }).ended
    expect(code).toBe(1)
    expect(err).toMatch(
      /^Organizer did not start\. SESSION_TYPE "files" is none that there is\. There are cookie,.* flask/,
    )
  })

  it('starts with a new key where the one in the data folder is damaged, and says so', async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    writeFileSync(join(data, 'development.key'), '')
    const server = run('main.js', [], { PORT: '0' })
    await server.said(/^The key in .*development\.key was damaged, so there is a new one/m)
    await server.said(/running: http/)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ code: 0, err: '' })
  })

  it('agrees on one key with a server that starts at the same moment, and on one demo account', async () => {
    const servers = Array.from({ length: 3 }, () => run('main.js', [], { PORT: '0' }))
    const urls = await Promise.all(servers.map(async (server) => (await server.said(/running: (http:\S+)/))[1]))
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

  it('does not start on a port that was given and is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const result = await run('main.js', [], { PORT: String(port) }).ended
    taken.close()
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toBe(
      `Organizer did not start. Port ${port} is taken by another program. Choose another, such as PORT=${port + 1}.\n`,
    )
  })

  it.each([
    [{ PORT: 'http' }, 'PORT is "http"; it takes a whole number from 0 to 65535.'],
    [{ PORT: '65536' }, 'PORT is "65536"'],
    [{ TRUST_PROXY: 'yes' }, 'TRUST_PROXY is "yes"'],
    [{ PERMANENT_SESSION_LIFETIME: '7d' }, 'PERMANENT_SESSION_LIFETIME is "7d"; it takes a whole number of seconds'],
    [{ SESSION_UNCONFIRMED_FOR: '-1' }, 'SESSION_UNCONFIRMED_FOR is "-1"; it takes a whole number of seconds from 0'],
    [{ DATABASE_URL: 'db.example.com/hunter2' }, 'DATABASE_URL is no address of a server; it takes postgres://'],
    [{ SESSION_TYPE: 'redis', REDIS_URL: 'http://:hunter2@127.0.0.1' }, 'REDIS_URL is no address of a server'],
    [{ SESSION_TYPE: 'postgres' }, 'SESSION_TYPE=postgres needs DATABASE_URL'],
    [{ DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/shop' }, 'Postgres at 127.0.0.1:1 does not answer: '],
    [
      { SESSION_TYPE: 'postgres', DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/shop' },
      'Postgres at 127.0.0.1:1 does not answer: ',
    ],
    [{ HOST: '203.0.113.1', PORT: '0' }, 'HOST=203.0.113.1 is no address of this machine'],
    [{ NODE_ENV: 'production' }, 'SECRET_KEY is not set'],
    [{ NODE_ENV: 'production', SECRET_KEY: 'short' }, 'SECRET_KEY'],
    [{ NODE_ENV: 'production', SECRET_KEY: 'dev-secret-key-change-in-production' }, 'SECRET_KEY'],
  ])('does not start with %j, and says why in one line', async (env, sentence) => {
    const result = await run('main.js', [], env as Record<string, string>).ended
    expect(result.code).toBe(1)
    expect(result.err).toContain(`Organizer did not start. `)
    expect(result.err).toContain(sentence)
    expect(result.err.trim().split('\n')).toHaveLength(1)
    expect(result.err).not.toContain('hunter2')
  })
})
