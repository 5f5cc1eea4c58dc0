import { describe, expect, it } from 'vitest'
import { createSessions, type SessionsOptions } from '../../../src/index.ts'
import { flaskFormat, tuple } from '../../../src/flask/index.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { vectors, type Vector } from '../../support/flask-cookies.ts'
import { ada, at, json, report, env as sealedEnv } from '../../support/cli-inspect.ts'
import { sojourn } from '../../support/cli.ts'

// Short on purpose: Flask takes keys of any length.
const env = { SECRET_KEY: 'short', SECRET_KEY_FALLBACKS: 'older' }
const day = 86_400
const assumed =
  "an assumed lifetime of 7 days: PERMANENT_SESSION_LIFETIME is not set here, and Flask's own default is 31 days"

/** The cookie of the user 7, who signed in `ago` seconds ago. */
function seven({ secretKey = 'short', ago = 0, data = {}, ...options }: Partial<Made> = {}): Promise<string> {
  const format = flaskFormat({ secretKey })
  return signedInAs(createSessions({ format, now: () => at - (ago - 2) * 1000, ...options }), '7', { data })
}

interface Made extends Pick<SessionsOptions, 'remember'> {
  secretKey: string
  ago: number
  data: Record<string, unknown>
}

/** What Flask writes by default for two cookies of applications with other settings. */
const byDefault: Readonly<Record<string, string>> = {
  'w-sort-keys-off': '{"a":2,"z":1}',
  'w-ensure-ascii-off': '{"s":"\\u00e9\\ud83d\\ude00"}',
}

describe('inspect reports what Flask reports of cookies that Flask wrote or checked', () => {
  const outcomes = { valid: 'active', 'bad-signature': 'forged', expired: 'expired', malformed: 'malformed' } as const

  it.each([...groups()])('%s', async (_, group) => {
    const [{ secret, fallbacks, maxAge, now }] = group as [Vector]
    const args = ['inspect', '--format', 'flask', '--json', '--show', '--now', String(now), `--max-age=${maxAge}`]
    const keys = { SECRET_KEY: textOf(secret)!, SECRET_KEY_FALLBACKS: JSON.stringify((fallbacks ?? []).map(textOf)) }
    const input = group.map(({ cookie }) => `session=${cookie}\n`).join('')
    const { code, stdout, stderr } = await sojourn(args, { env: keys, input })

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect({ stderr, lines: lines.length }).toEqual({ stderr: '', lines: group.length })
    const wrong = group.filter((vector, index) => {
      const { outcome, taggedJson, issuedAt } = lines[index]!
      if (vector.strictMayReject && outcome !== 'active') return outcome !== 'forged' && outcome !== 'malformed'
      if (outcome !== outcomes[vector.expected]) return true
      if (outcome !== 'active') return false
      return taggedJson !== (byDefault[vector.id] ?? vector.readBackTaggedJson) || issuedAt !== vector.timestamp * 1000
    })
    expect(wrong.map(({ id }) => id)).toEqual([])
    expect(code).toBe(lines.every(({ outcome }) => outcome === 'active') ? 0 : 1)
  })

  it('covers most vectors', () => {
    const count = [...groups().values()].reduce((sum, group) => sum + group.length, 0)
    expect(count).toBeGreaterThan(130)
  })
})

/**
 * Groups the vectors by keys, lifetime and time, because the command takes these once for all its lines.
 *
 * Leaves out keys that an environment cannot hold, and empty keys. Leaves out groups with as many keys and the same
 * lifetime as an earlier group, because another key alone shows nothing of the command.
 */
function groups(): Map<string, Vector[]> {
  const groups = new Map<string, Vector[]>()
  const nameOf = new Map<string, string>()
  for (const vector of vectors) {
    const keys = [vector.secret, ...(vector.fallbacks ?? [])].map(textOf)
    if (keys.some((key) => !key)) continue
    const name = `${JSON.stringify(keys)}, a lifetime of ${vector.maxAge} s, at ${vector.now}`
    const kind = `${keys.length} ${vector.maxAge}`
    if (!nameOf.has(kind)) nameOf.set(kind, name)
    if (nameOf.get(kind) === name) groups.set(name, [...(groups.get(name) ?? []), vector])
  }
  return groups
}

const textOf = (key: Vector['secret']): string | undefined => ('utf8' in key ? key.utf8 : undefined)

describe('inspect, with a Flask cookie,', () => {
  it('shows all fields, and detects the format', async () => {
    const cookie = await seven({ data: { cart: ['tea'], place: tuple(52.5, 5) } })
    const { code, stdout, stderr, rows } = await report([cookie], { env })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch('✓ This session is active.\n')
    expect(rows).toEqual({
      outcome: 'active',
      cookie: 'session',
      'signed by': 'SECRET_KEY',
      user: '7',
      'last use': '2026-01-15T12:00:00Z (now), when this cookie was issued',
      expires: `2026-01-22T12:00:00Z (in 7 days), by ${assumed}`,
      permanent: 'yes, remains when the browser closes',
      bytes: expect.stringMatching(/^\d+; \d+ of 4,096 including its name$/),
      data: 'cart    7 bytes  ••••',
    })
    expect(stdout).not.toContain('session.outcome')
    expect(stdout).not.toContain('tea')
    expect((await report(['--show', cookie], { env })).stdout).toContain('place  15 bytes  {" t":[52.5,5]}')
  })

  it('gives named fields with --json, and the JSON that Flask writes with --show', async () => {
    const cookie = await seven({ data: { cart: ['tea'] }, remember: false })
    const fields = {
      code: 0,
      format: 'flask',
      outcome: 'active',
      sentence: 'This session is active.',
      fix: '',
      note: null,
      name: 'session',
      key: 0,
      keyId: null,
      bytes: cookie.length - 'session='.length,
      id: null,
      userId: '7',
      issuedAt: at,
      signedInAt: null,
      expiresAt: at + 7 * day * 1000,
      remember: false,
      label: null,
      alsoHere: [],
    }

    expect(await json([cookie], { env })).toEqual({ ...fields, dataBytes: { cart: 7 } })
    expect(await json(['--show', cookie], { env })).toEqual({
      ...fields,
      data: { cart: ['tea'] },
      taggedJson: '{"cart":["tea"],"person_id":7}',
    })
  })

  it('shows the content of a cookie that is too old, or ahead of the clock', async () => {
    const week = { ...env, PERMANENT_SESSION_LIFETIME: String(7 * day) }
    const cookie = await seven({ ago: 8 * day, data: { cart: ['tea'] } })
    const old = await report(['--show', cookie], { env: week })
    expect(old.code).toBe(1)
    expect(old.stdout).toContain('raise PERMANENT_SESSION_LIFETIME')
    expect(await json([cookie, '--max-age', String(7 * day)], { env })).toMatchObject({
      fix: expect.stringContaining('raise PERMANENT_SESSION_LIFETIME'),
    })
    expect(old.rows).toMatchObject({
      outcome: 'expired',
      user: '7',
      expired: '2026-01-14T12:00:00Z (yesterday), by PERMANENT_SESSION_LIFETIME of 7 days'.replace(
        'yesterday',
        '1 day ago',
      ),
      data: 'cart  7 bytes  ["tea"]',
    })
    const ahead = await json([await seven({ ago: -60 })], { env })
    expect(ahead).toMatchObject({ outcome: 'expired', userId: '7', expiresAt: null })
    expect(ahead['note']).toContain('ahead of this clock')
  })

  it('distinguishes an assumed lifetime from one that is set', async () => {
    const { code, stdout, rows } = await report([await seven({ ago: 8 * day })], { env })
    expect(code).toBe(1)
    expect(stdout).toMatch('✗ This session was not written for longer than the assumed lifetime of 7 days.\n')
    expect(stdout).toContain("Set it to Flask's value, or pass --max-age.")
    expect(rows['expired']).toBe(`2026-01-14T12:00:00Z (1 day ago), by ${assumed}`)

    const month = { ...env, PERMANENT_SESSION_LIFETIME: String(31 * day) }
    expect((await report([await seven({ ago: 8 * day })], { env: month })).rows['expires']).toBe(
      '2026-02-07T12:00:00Z (in 23 days), by PERMANENT_SESSION_LIFETIME of 31 days',
    )
  })

  it('names the fallback that signed the cookie, and asks for the key of Flask if no key did', async () => {
    const older = await seven({ secretKey: 'older' })
    expect((await report([older], { env })).rows['signed by']).toBe(
      'fallback 1, will be signed with the new key on its next request',
    )

    const { code, stdout, rows } = await report([await seven({ secretKey: 'foreign' })], { env })
    expect(code).toBe(1)
    expect(stdout).toContain('This cookie was not signed with any of these keys.')
    expect(stdout).toContain('Check that SECRET_KEY and SECRET_KEY_FALLBACKS are exactly Flask')
    expect(rows).toMatchObject({
      outcome: 'forged',
      'signed by': 'none of the keys here',
      'keys here': 'SECRET_KEY of the environment',
    })
  })

  it('accepts short keys, also in production', async () => {
    expect(await json([await seven()], { env: { ...env, NODE_ENV: 'production' } })).toMatchObject({
      outcome: 'active',
    })
  })

  it('reads the user from the member that --user-key names', async () => {
    const [, value] = (await seven({ data: { account: 'ada' } })).split('=') as [string, string]

    expect(await json(['--user-key', 'account', '--show', value], { env })).toMatchObject({
      userId: 'ada',
      data: { person_id: 7 },
    })
    const refused = await report(['--user-key', '_permanent', value], { env })
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('userKey must name the session member')
  })

  it('finds the cookie among others, by its name or form', async () => {
    const cookie = await seven()
    const value = cookie.slice('session='.length)

    for (const line of [
      `theme=dark; ${cookie}`,
      `Cookie: theme=a.b.c; ${cookie}`,
      `theme=dark; shop=${value}`,
      value,
    ]) {
      expect([line, (await json([line], { env }))['outcome']]).toEqual([line, 'active'])
    }
    expect(await json(['--name', 'shop', `${cookie}; shop=x.y.z`], { env })).toMatchObject({ outcome: 'forged' })
    const named = { ...env, SESSION_COOKIE_NAME: 'shop' }
    expect(await json(['--format', 'flask', `x=1; shop=${value}`], { env: named })).toMatchObject({ name: 'shop' })
  })

  it('detects the format of each line', async () => {
    const input = `${await ada()}\n${await seven({ secretKey: sealedEnv.SECRET_KEY })}\n`
    const { code, stdout } = await sojourn(['inspect', '--json', '--now', String(at / 1000)], { env: sealedEnv, input })

    const formats = stdout.trimEnd().split('\n')
    expect(formats.map((line) => (JSON.parse(line) as { format: string }).format)).toEqual(['sealed', 'flask'])
    expect(code).toBe(0)
  })

  it('uses the format that --format names, whatever the cookie looks like', async () => {
    expect(await json(['--format', 'flask', await ada()], { env: sealedEnv })).toMatchObject({ format: 'flask' })
    expect(await json(['--format', 'sealed', await seven()], { env: sealedEnv })).toMatchObject({
      outcome: 'malformed',
    })
    const { code, stderr } = await report(['--format', 'jwt', 'x'], { env })
    expect(code).toBe(2)
    expect(stderr).toBe("sojourn: --format must be sealed, flask or flask-session, not 'jwt'.\n")
  })
})
