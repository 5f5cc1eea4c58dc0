import fc from 'fast-check'
import { expect, it } from 'vitest'
import { emptyToken, type Token } from '../../../src/core/token.ts'
import { sealedFormat } from '../../../src/formats/sealed.ts'
import { createSessions } from '../../../src/index.ts'
import { day, hour } from '../../support/clock.ts'
import { secret } from '../../support/sessions.ts'
import { sojourn } from '../../support/cli.ts'

const names = ['__Host-Http-session', '__Host-Http-guest', 'session', 'guest', 'mine']
const keys = ['first', 'older', 'foreign'].map(secret)
const start = Date.UTC(2026, 0, 15, 12)

const seconds = fc.oneof(fc.integer({ min: -3 * day, max: 45 * day }), fc.constantFrom(0, hour, day, 7 * day, 30 * day))

/** Any cookie that a user may hold: of any time, of any key, whole or damaged. */
const cookies = fc.record({
  name: fc.constantFrom(...names),
  under: fc.constantFrom(...names),
  sameName: fc.nat(3).map((n) => n > 0),
  key: fc.constantFrom(...keys),
  audience: fc.constantFrom('', '', '', 'shop'),
  userId: fc.constantFrom('ada', null),
  signedIn: seconds,
  lastSeen: seconds,
  sealed: seconds,
  confirmed: fc.nat(2).map((n) => n === 0),
  damage: fc.constantFrom('none', 'none', 'none', 'none', 'bit', 'cut', 'spelling', 'twice', 'other'),
  at: fc.nat(500),
})

type Cookie = typeof cookies extends fc.Arbitrary<infer Value> ? Value : never

function lineOf(cookie: Cookie): { name: string; line: string; userId: string | null } {
  const { name, under, sameName, key, audience, userId, signedIn, lastSeen, sealed, confirmed, damage, at } = cookie
  const format = sealedFormat({ secrets: [Buffer.from(key)], audience })
  const ago = (seconds: number) => start - seconds * 1000
  const token: Token = {
    ...emptyToken,
    identity: format.createIdentity!(),
    userId,
    createdAt: ago(signedIn),
    signedInAt: userId === null ? null : ago(signedIn),
    lastSeenAt: ago(lastSeen),
    remember: true,
    confirmedAt: confirmed ? ago(lastSeen) : null,
    data: {},
  }
  const context = { now: ago(sealed), idleTimeout: 1, absoluteTimeout: 1, cookieName: sameName ? name : under }
  const value = format.seal(token, context)
  const other = format.seal({ ...token, identity: format.createIdentity!() }, context)
  const index = at % value.length
  const lines = {
    none: `${name}=${value}`,
    bit: `${name}=${value.slice(0, index)}${value[index] === 'A' ? 'B' : 'A'}${value.slice(index + 1)}`,
    // With 43 characters it looks like an id of Flask-Session.
    cut: `${name}=${value.slice(0, index === 43 ? 44 : index)}`,
    spelling: `${name}=${value}=`,
    twice: `${name}=${value}; ${name}=x`,
    other: `${name}=${value}; ${name}=${other}`,
  }
  return { name, line: lines[damage as keyof typeof lines], userId }
}

const settings = fc.record({
  idleTimeout: fc.constantFrom(60, hour, 7 * day, 40 * day),
  absoluteTimeout: fc.constantFrom(hour, 30 * day, 400 * day),
  fallback: fc.boolean(),
  audience: fc.constantFrom('', '', 'shop'),
  later: fc.constantFrom(0, 0, -2 * day, 5 * day),
})

/** A cookie of each outcome, so that no run leaves one out. */
const usual: Cookie = {
  name: 'session',
  under: 'session',
  sameName: true,
  key: keys[0]!,
  audience: '',
  userId: 'ada',
  signedIn: 0,
  lastSeen: 0,
  sealed: 0,
  confirmed: false,
  damage: 'none',
  at: 0,
}
const oneOfEach: Cookie[] = [
  usual,
  { ...usual, confirmed: true },
  { ...usual, damage: 'cut' },
  { ...usual, damage: 'spelling' },
  { ...usual, damage: 'other' },
  { ...usual, key: keys[2]! },
  { ...usual, under: 'mine', sameName: false },
  { ...usual, signedIn: 31 * day },
  { ...usual, signedIn: 10 * day, lastSeen: 8 * day },
]

it('gives each cookie the word that the library gives it', async () => {
  const seen = new Set<string>()
  const many = fc.array(cookies, { minLength: 120, maxLength: 120 })
  await fc.assert(
    fc.asyncProperty(settings, many, async ({ idleTimeout, absoluteTimeout, fallback, audience, later }, many) => {
      const secrets = fallback ? keys.slice(0, 2) : keys.slice(0, 1)
      const now = start + later * 1000
      const lines = many.map(lineOf)
      const args = ['--json', '--max-age', `${idleTimeout}`, '--now', `${now / 1000}`]
      if (audience !== '') args.push('--audience', audience)
      const { stdout, stderr } = await sojourn(['inspect', ...args], {
        env: {
          SECRET_KEY: secrets[0]!,
          SECRET_KEY_FALLBACKS: JSON.stringify(secrets.slice(1)),
          SESSION_ABSOLUTE_LIFETIME: `${absoluteTimeout}`,
        },
        input: lines.map(({ line }) => line).join('\n'),
      })

      expect(stderr).toBe('')
      const printed = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      const expected = await Promise.all(
        lines.map(async ({ name, line, userId }) => {
          const names = userId === null ? { name: 'another', guestName: name } : { name, guestName: 'another' }
          const cookie = { ...names, secure: true }
          const options = { secrets, audience, idleTimeout, absoluteTimeout, cookie, now: () => now }
          const session = await createSessions(options).open(line)
          const { outcome } = session
          seen.add(outcome)
          return outcome === 'active' ? { outcome, id: session.id, userId: session.userId } : { outcome }
        }),
      )
      expect(printed).toMatchObject(expected)
      for (const { outcome, expiresAt } of printed) if (outcome === 'active') expect(expiresAt).toBeGreaterThan(now)
    }),
    {
      numRuns: 15,
      endOnFailure: true,
      examples: [
        [{ idleTimeout: 7 * day, absoluteTimeout: 30 * day, fallback: false, audience: '', later: 0 }, oneOfEach],
      ],
    },
  )
  expect([...seen].toSorted()).toEqual(
    ['active', 'ambiguous', 'expired', 'forged', 'idle', 'malformed', 'none', 'unavailable', 'unknown-key'].toSorted(),
  )
})
