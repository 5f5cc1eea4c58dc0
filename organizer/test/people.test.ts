import { mkdtempSync, rmSync } from 'node:fs'
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

describe('npm run people', () => {
  it('adds a person with the password from standard input, lists them, and adds nobody twice', async () => {
    const added = await run('people.js', ['add', '--email', 'Grace.Hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(added).toMatchObject({ code: 0, out: 'Grace Hopper <grace.hopper@example.com> can sign in now.\n', err: '' })
    const again = await run('people.js', ['add', '--email', 'grace.hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(again).toMatchObject({ code: 1, err: 'grace.hopper@example.com already has an account.\n' })
    const list = await run('people.js', ['list'], { NODE_ENV: 'production' }).ended
    expect(list.out).toMatch(/^\d{4}-\d\d-\d\d {2}grace\.hopper@example\.com {2}Grace Hopper\n$/)

    const server = run('main.js', [], { NODE_ENV: 'production', SECRET_KEY: secret, PORT: '0' })
    const { url } = JSON.parse((await server.waitForOutput(/\{.*Organizer is running.*\}/))[0])
    expect(await (await fetch(`${url}/organizer/login`)).text()).not.toContain('Demo')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it('prints a clear error for wrong use, and changes nothing', async () => {
    const runs: [string[], string, number, string][] = [
      [['add', '--email', 'a@example.com'], 'too short\n', 1, 'at least 12 characters'],
      [['add', '--email', 'a@example.com'], '', 1, 'at least 12 characters'],
      [['add', '--email', 'a@example.com'], 'x'.repeat(2000), 1, 'longer than 1024 bytes'],
      [['add'], 'nanoseconds of wire\n', 2, '--email'],
      [['add', '--email', 'nobody'], 'nanoseconds of wire\n', 2, 'is not an email address'],
      [['add', '--mail', 'a@example.com'], '', 2, "Unknown option '--mail'"],
      [['add', '--email', 'a@example.com'], 'password1234\n', 1, 'easy to guess'],
      [['delete'], '', 2, 'Unknown command delete'],
      [['list', '--name', 'Ada'], '', 2, 'wrong options'],
      [['remove', '--email', 'a@example.com'], '', 1, 'a@example.com has no account.'],
      [['password', '--email', 'a@example.com'], 'nanoseconds of wire\n', 1, 'a@example.com has no account.'],
      [['constructor'], '', 2, 'Unknown command constructor'],
      [['list', 'all'], '', 2, 'Unexpected argument all.'],
      [[], '', 2, 'Manages the people who may sign in'],
    ]
    for (const [args, input, code, sentence] of runs) {
      const result = await run('people.js', args, {}, input).ended
      expect([args, result.code, result.err]).toEqual([args, code, expect.stringContaining(sentence)])
      expect(result.err).not.toContain('    at ')
    }
    expect((await run('people.js', ['list']).ended).out).toContain('No people yet')
  })

  it('renames a person, gives them a new password, which signs them out, and removes them', async () => {
    const email = ['--email', 'grace@example.com']
    await run('people.js', ['add', ...email], {}, 'nanoseconds of wire\n').ended
    const renamed = await run('people.js', ['rename', ...email, '--name', 'Grace Hopper']).ended
    expect(renamed.out).toBe('grace@example.com is called Grace Hopper now.\n')

    const server = run('main.js', [], { PORT: '0' })
    const url = await server.url()
    const signIn = (password: string) => signInWith(url, password)
    const before = await signIn('nanoseconds of wire')
    expect((await fetch(`${url}/organizer/`, { headers: before.headers, redirect: 'manual' })).status).toBe(200)

    const changed = await run('people.js', ['password', ...email], {}, 'microseconds of wire\n').ended
    expect(changed).toMatchObject({ code: 0, out: expect.stringContaining('signed out everywhere.'), err: '' })
    expect((await fetch(`${url}/organizer/`, { headers: before.headers, redirect: 'manual' })).status).toBe(302)
    expect((await signIn('nanoseconds of wire')).status).toBe(422)
    const after = await signIn('microseconds of wire')
    expect(after.status).toBe(303)

    expect((await run('people.js', ['remove', ...email]).ended).out).toContain('was removed, with all their events.')
    expect((await fetch(`${url}/organizer/`, { headers: after.headers, redirect: 'manual' })).status).toBe(302)
    expect((await signIn('microseconds of wire')).status).toBe(422)
    await server.stop()
  })

  it('prints its help', async () => {
    const help = await run('people.js', ['--help']).ended
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('npm run people -- add --email ada@example.com')
  })
})

/** Signs Grace in. Resolves to the status, and the headers of her next request. */
async function signInWith(url: string, password: string) {
  const page = await fetch(`${url}/organizer/login`)
  const cookieOf = (response: Response) => response.headers.getSetCookie().at(-1)?.split(';')[0] ?? ''
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!
  const body = new URLSearchParams({ csrf, email: 'grace@example.com', password })
  const headers = { Cookie: cookieOf(page), Origin: url }
  const response = await fetch(`${url}/organizer/login`, { method: 'POST', body, headers, redirect: 'manual' })
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0]!)
    .find((pair) => pair.startsWith('session='))
  return { status: response.status, headers: { Cookie: cookie ?? '' } }
}
