import { beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { cookiesOf } from '../../support/browser.ts'
import { day } from '../../support/clock.ts'
import { secret } from '../../support/sessions.ts'
import { ada, at, data, env, json, made, now, report, since } from '../../support/cli-inspect.ts'
import { sojourn } from '../../support/cli.ts'

let cookie: string
let value: string
beforeAll(async () => {
  cookie = await ada()
  value = cookie.slice('__Host-Http-session='.length)
})

it('shows all there is to an active session', async () => {
  const { code, stdout, stderr, rows } = await report([cookie])

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(`✓ ${explain('active').sentence}\n`)
  expect(rows).toEqual({
    outcome: 'active',
    cookie: '__Host-Http-session',
    'sealed by': expect.stringMatching(/^SECRET_KEY \(key id [\da-f]{8}\)$/),
    user: 'ada',
    session: (await made().open(cookie)).id,
    'signed in': '2026-01-15T12:00:00Z (now)',
    'last use': '2026-01-15T12:00:00Z (now), when this cookie was issued',
    expires: '2026-01-22T12:00:00Z (in 7 days), by the idle timeout of 7 days',
    remember: 'yes, remains when the browser closes',
    label: 'Firefox on Linux',
    bytes: `${value.length}; ${value.length + '__Host-Http-session'.length} of 4,096 including its name`,
    data: 'cart   16 bytes  ••••',
  })
  expect(stdout).toContain('\n             theme   6 bytes  ••••\n')
  expect(stdout).toMatch(
    /\n\n {2}Only the running application knows whether it has been signed out or renewed since: session\.outcome\.\n$/,
  )
})

it('shows all there was to a session that was not used for too long, with what can be done', async () => {
  const { code, stdout, rows } = await report([await ada(since(40 * day))], {
    env: { ...env, SESSION_ABSOLUTE_LIFETIME: String(99 * day) },
  })

  expect(code).toBe(1)
  expect(stdout).toMatch(`✗ ${explain('idle').sentence}\n  ${explain('idle').fix}\n`)
  expect(rows).toMatchObject({
    outcome: 'idle',
    user: 'ada',
    'signed in': '2025-12-06T12:00:00Z (40 days ago)',
    expired: '2025-12-13T12:00:00Z (33 days ago), by the idle timeout of 7 days',
    label: 'Firefox on Linux',
  })
})

it('says when the absolute timeout is the one that ends a session', async () => {
  const opened = await made(since(26 * day)).open(await ada(since(29 * day)))
  opened.data['page'] = 1
  const moved = cookiesOf(await made().commit(opened))['__Host-Http-session']!

  const { rows } = await report([moved])
  expect(rows['last use']).toBe('2025-12-20T12:00:00Z (26 days ago), when this cookie was issued')
  expect(rows['expired']).toBe('2025-12-27T12:00:00Z (19 days ago), by the idle timeout of 7 days')
  const longer = await report(['--max-age', String(28 * day), moved])
  expect(longer.rows['expires']).toBe('2026-01-16T12:00:00Z (in 1 day), by the absolute timeout of 30 days')
})

it('prints times by the nearest unit', async () => {
  const { rows } = await report([await ada(since(100))])

  expect(rows['last use']).toContain('(2 minutes ago)')
  expect(rows['expires']).toContain('(in 7 days)')
})

it('shows, of two cookies of one name, the one that opens; and neither, where both do', async () => {
  const [dead, other] = [await ada(since(8 * day)), await ada()]

  expect(await json([`${dead}; ${cookie}`])).toMatchObject({ outcome: 'active', issuedAt: at })
  expect(await json([`${other}; ${cookie}`])).toMatchObject({ outcome: 'ambiguous', userId: null, key: null })

  const both = await report([`${other}; __Host-Http-session=x; ${cookie}`])
  expect(both.stdout).not.toContain('no key fits')
  const blocks = both.stdout.split(/\n {2}\d of 3\n/)
  expect(blocks[0]).toMatch(/\n {2}outcome {2}ambiguous\n {2}cookie {3}__Host-Http-session\n$/)
  expect(blocks.slice(1).map((block) => /outcome +(\w+)/.exec(block)?.[1])).toEqual(['active', 'malformed', 'active'])
  const ids = await Promise.all([other, cookie].map(async (each) => (await made().open(each)).id!))
  expect([blocks[1], blocks[3]].map((block, index) => block?.includes(ids[index]!))).toEqual([true, true])
  expect(await json([`${other}; ${cookie}`])).toMatchObject({
    bytes: null,
    keyId: null,
    each: ids.map((id) => ({ id, outcome: 'active', key: 0, userId: 'ada' })),
  })

  const [one, two] = [await ada({ cookie: { name: 'mine' } }), await ada({ cookie: { name: 'mine' } })]
  expect(await json([`${one}; ${two}`])).toMatchObject({ outcome: 'ambiguous', name: 'mine' })
})

it('says of a session in a store that its state is unknown, and shows the data of the cookie', async () => {
  const stored = await ada({ store: memoryStore() })
  const { code, stdout, rows } = await report([stored])

  expect(code).toBe(1)
  expect(stdout).toMatch(
    '? This session is in a store, which inspect does not read.\n  Ask the store: npx sojourn sessions show ',
  )
  expect(rows).toMatchObject({
    outcome: 'unavailable',
    user: 'ada',
    expires: '2026-01-22T12:00:00Z (in 7 days), by the idle timeout of 7 days',
    data: 'in the store',
  })
  expect(await json([stored])).toMatchObject({ outcome: 'unavailable', userId: 'ada', dataBytes: null })
  expect(await json([`__Host-Http-session=x; ${stored}`])).toMatchObject({ outcome: 'unavailable', userId: 'ada' })
})

it('shows a guest, whose session goes when the browser closes', async () => {
  const sessions = made({ remember: false })
  const session = await sessions.open(null)
  session.data['theme'] = 'dark'
  const guest = cookiesOf(await sessions.commit(session))['__Host-Http-guest']!

  const { code, rows } = await report([guest])
  expect(code).toBe(0)
  expect(rows).toMatchObject({
    cookie: '__Host-Http-guest',
    user: 'guest',
    began: '2026-01-15T12:00:00Z (now)',
    remember: 'no, ends when the browser closes',
  })
})

it('distinguishes a value under another name, or of another audience, by its seal', async () => {
  expect(await json([`session=${value}`])).toMatchObject({ code: 1, outcome: 'forged', name: 'session', key: null })
  expect(await json(['--name', 'session', value])).toMatchObject({ outcome: 'forged' })
  expect((await report(['--audience', 'shop', value])).stdout).toContain(
    'because it does not open under the name __Host-Http-session, __Host-Http-guest, session or guest.',
  )
  const shop = await ada({ audience: 'shop' })
  expect(await json([shop])).toMatchObject({ outcome: 'forged' })
  expect(await json(['--audience', 'shop', shop])).toMatchObject({ outcome: 'active' })
})

it('says that a clock is behind', async () => {
  const soon = await ada(since(-day / 2))
  expect((await report([soon])).stdout).toContain('It was issued ahead of this clock.')
  expect(await json([soon])).toMatchObject({
    outcome: 'active',
    issuedAt: at + (day * 1000) / 2,
    expiresAt: at + 7 * day * 1000,
  })

  const { stdout, rows } = await report([await ada(since(-9 * day))])
  expect(stdout).toContain('It was issued ahead of this clock.')
  expect(rows).toMatchObject({ outcome: 'forged', user: 'ada' })
  expect(rows).not.toHaveProperty('expires')
})

it('gives programs everything under a name', async () => {
  const { id } = await made().open(cookie)

  expect(await json([cookie])).toEqual({
    code: 0,
    format: 'sealed',
    outcome: 'active',
    ...explain('active'),
    note: 'Only the running application knows whether it has been signed out or renewed since: session.outcome.',
    name: '__Host-Http-session',
    key: 0,
    keyId: expect.stringMatching(/^[\da-f]{8}$/),
    bytes: value.length,
    id,
    userId: 'ada',
    issuedAt: at,
    signedInAt: at,
    expiresAt: at + 7 * day * 1000,
    remember: true,
    label: 'Firefox on Linux',
    dataBytes: { cart: 16, theme: 6 },
    alsoHere: [],
  })
})

describe('keeps to itself', () => {
  it('the values of the data, unless they are asked for', async () => {
    expect((await report([cookie])).stdout).not.toMatch(/tea|dark/)
    expect((await report(['--show', cookie])).stdout).toContain('cart   16 bytes  ["tea","coffee"]\n')
    const shown = await json(['--show', cookie])
    expect(shown).toMatchObject({ data })
    expect(shown).not.toHaveProperty('dataBytes')
    expect(await json([cookie])).not.toHaveProperty('data')
  })

  it('keys, the cookie, and the secret in it, always', async () => {
    const runs = [
      await report(['--show', cookie]),
      await sojourn(['inspect', '--json', '--show', ...now, cookie], { env }),
      await sojourn(['inspect', '--json', '--show', ...now, `${cookie}x`], { env }),
    ]
    for (const { stdout, stderr } of runs) {
      expect(stdout + stderr).not.toContain(value.slice(0, 40))
      for (const name of ['first', 'older']) expect(stdout + stderr).not.toContain(secret(name))
      // The token's secret is 43 characters of base64url; nothing that is shown is as long.
      expect(stdout).not.toMatch(/[\w-]{43}/)
    }
  })
})
