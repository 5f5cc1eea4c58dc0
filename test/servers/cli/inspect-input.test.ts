import { beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../../src/index.ts'
import { day } from '../../support/clock.ts'
import { ada, env, json, now, report, since } from '../../support/cli-inspect.ts'
import { sojourn } from '../../support/cli.ts'

let cookie: string
let value: string
beforeAll(async () => {
  cookie = await ada()
  value = cookie.slice('__Host-Http-session='.length)
})

describe('finds the cookie in', () => {
  const lines: [string, (value: string) => string][] = [
    ['its value', (value) => value],
    ['name=value', (value) => `__Host-Http-session=${value}`],
    ['a Cookie header', (value) => `Cookie: theme=dark; __Host-Http-session=${value}; __Host-Http-guest=x; a=b`],
    ['a Cookie header without its name', (value) => `theme=dark; __Host-Http-session=${value}`],
    [
      'a Set-Cookie header',
      (value) => `Set-Cookie: __Host-Http-session=${value}; Max-Age=604800; Path=/; Secure; HttpOnly`,
    ],
    ['what curl -v shows', (value) => `< set-cookie: __Host-Http-session=${value}; Path=/\r`],
    ['quotes', (value) => `'cookie: __Host-Http-session=${value}'`],
    ['blanks', (value) => `  ${value} \t`],
  ]
  it.each(lines)('%s', async (_, line) => {
    const fromArgument = await json([line(value)])
    const fromInput = await json([], { input: `\n${line(value)}\n\n` })

    expect(fromArgument).toMatchObject({ code: 0, outcome: 'active', name: '__Host-Http-session', bytes: value.length })
    expect(fromInput).toEqual(fromArgument)
  })

  it('a header under a name of its own, given or not', async () => {
    const own = await ada({ cookie: { name: 'mine', secure: true } })
    const header = `Cookie: a=b; ${own}`

    expect(await json([header])).toMatchObject({ outcome: 'active', name: 'mine' })
    expect(await json(['--name', 'mine', header])).toMatchObject({ outcome: 'active', name: 'mine' })
    expect(await json(['--name', 'mine', own.slice('mine='.length)])).toMatchObject({ outcome: 'active' })
    const environment = { env: { ...env, SESSION_COOKIE_NAME: 'mine' } }
    expect(await json([own.slice('mine='.length)], environment)).toMatchObject({ outcome: 'active', name: 'mine' })
  })

  it.each(['__Host-Http-session', 'session', '__Host-Http-guest', 'guest'])(
    'a bare value under the name %s',
    async (name) => {
      const own = await ada({ cookie: { name, guestName: 'other', secure: true } })

      expect(await json([own.slice(name.length + 1)])).toMatchObject({ outcome: 'active', name })
    },
  )

  it('nothing where there is none of ours, and says so', async () => {
    const { code, stdout, rows } = await report(['Cookie: a=b; c=d'])

    expect(code).toBe(1)
    expect(rows).toEqual({ outcome: 'none' })
    expect(stdout).toContain('no cookie named __Host-Http-session, __Host-Http-guest, session or guest')
    expect(await json(['Cookie: theme=dark'])).toMatchObject({ outcome: 'none', bytes: 0 })
    expect(await json(['theme=dark; HttpOnly'])).toMatchObject({ outcome: 'malformed', name: 'theme', bytes: 4 })
    expect(await json(['--name', 'mine', cookie])).toMatchObject({ outcome: 'none', bytes: 0 })
    expect((await report(['Set-Cookie: __Host-Http-session=; Max-Age=0'])).stdout).toContain('deletes it at sign-out')
  })
})

describe('of a line with several of our cookies', () => {
  it('says what became of the others, by one line each', async () => {
    const header = `Cookie: ${cookie}; __Host-Http-guest=x; theme=dark; session=`
    const { code, rows, stdout } = await report([header])

    expect(code).toBe(0)
    expect(rows).toMatchObject({
      outcome: 'active',
      cookie: '__Host-Http-session',
      'also here': '__Host-Http-guest, malformed',
    })
    expect(stdout).toMatch(/\n {13}session, none\n/)
    const alsoHere = [
      { name: '__Host-Http-guest', outcome: 'malformed' },
      { name: 'session', outcome: 'none' },
    ]
    expect(await json([header])).toMatchObject({ code: 0, outcome: 'active', alsoHere })
    expect(await json(['--name', '__Host-Http-session', header])).toMatchObject({ alsoHere: [] })
  })

  it('knows the guest of a name of its own', async () => {
    const own = await ada({ cookie: { name: 'mine', secure: true } })

    expect(await json([`Cookie: ${own}; mine-guest=x`])).toMatchObject({
      name: 'mine',
      alsoHere: [{ name: 'mine-guest', outcome: 'malformed' }],
    })
  })
})

describe('of a cookie that is none of ours', () => {
  it('says so, with the names that ours have', async () => {
    expect(await json(['theme=dark'])).toMatchObject({
      code: 1,
      outcome: 'malformed',
      fix: expect.stringMatching(
        /^theme is not a cookie name that Sojourn uses by default \(__Host-Http-session, .* or guest\)\. /,
      ),
    })
    expect(await json(['session=dark'])).toMatchObject({ outcome: 'malformed', ...explain('malformed') })
    expect(await json(['--name', 'theme', 'theme=dark'])).toMatchObject({ ...explain('malformed') })
  })

  it.each(['connect.sid=s%3Aabc.defg', 'connect.sid=s:abc.defg', 'connect.sid=x', 's%3Aabc.defg', 'session=s%3Aa.b.c'])(
    'knows that of express-session: %s',
    async (line) => {
      expect(await json([line])).toMatchObject({
        code: 1,
        format: 'sealed',
        outcome: 'malformed',
        fix: "This is express-session's cookie (connect.sid), which Sojourn does not read.",
      })
    },
  )

  it('is ours all the same where it opens', async () => {
    const own = await ada({ cookie: { name: 'connect.sid', secure: true } })
    expect(await json([own])).toMatchObject({ outcome: 'active', name: 'connect.sid' })
  })
})

describe('several on standard input', () => {
  it('are each reported, and summed up', async () => {
    const input = [cookie, await ada(since(8 * day)), 'x', cookie].join('\n')
    const { code, stdout } = await report([], { input })

    expect(code).toBe(1)
    expect(stdout.match(/^cookie \d$/gm)).toEqual(['cookie 1', 'cookie 2', 'cookie 3', 'cookie 4'])
    expect(stdout).toMatch(/\n4 cookies: 2 active, 1 idle, 1 malformed\n$/)
  })

  it('are one object a line with --json', async () => {
    const input = [cookie, 'x', cookie].join('\r\n')
    const { code, stdout } = await sojourn(['inspect', '--json', ...now], { env, input })

    expect(code).toBe(1)
    const lines = stdout.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual([
      'active',
      'malformed',
      'active',
    ])
  })

  it('are all active: exit code 0', async () => {
    expect(await report([], { input: `${cookie}\n${value}\n` })).toMatchObject({ code: 0 })
  })
})

describe('wrong use is reported in one line, with exit code 2:', () => {
  it.each([
    [['--max-age', 'long', 'x'], `--max-age must be a number of seconds, not 'long'.`],
    [['--max-age=0', 'x'], `--max-age must be a number of seconds, at least 1, not '0'.`],
    [['--now=-1', 'x'], `--now must be a number of seconds, at least 0, not '-1'.`],
    [['--now', '1768478400000', 'x'], 'Is this in milliseconds?'],
    [['--name', 'a b', 'x'], `--name must be a cookie name, such as __Host-Http-session, not 'a b'.`],
    [['x', 'y'], 'inspect takes one cookie, in quotes.'],
    [[' '], 'The cookie is empty.'],
    [[], 'There is no cookie on standard input.'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await sojourn(['inspect', ...args], { env, input: '\n  \n' })

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^sojourn: [^\n]+\n$/)
  })

  it('a variable that is no number', async () => {
    const wrong = { ...env, PERMANENT_SESSION_LIFETIME: '7d' }
    expect(await sojourn(['inspect', 'x'], { env: wrong })).toMatchObject({
      code: 2,
      stderr: `sojourn: PERMANENT_SESSION_LIFETIME must be a whole number of seconds, at least 1; not "7d".\n`,
    })
  })
})
