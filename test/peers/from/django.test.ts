import { createHash, createHmac } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { fromDjango, type DjangoData, type FromDjangoOptions } from '../../../src/from/django.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { secrets } from '../../support/sessions.ts'
import { advance } from './fetch-apps.ts'
import { startFixtures } from './fixture-apps.ts'
import fixtures from './fixtures/django.json' with { type: 'json' }
import { describeTakeover } from './suite.ts'
import { openWith, seenBy, takingOver } from './taken-over.ts'

const { secretKey, users, others } = fixtures
const user = (data: DjangoData) => data._auth_user_id
const userById = new Map(users.map((each) => [each.id, each]))

// Right after Django has written the fixtures.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: fixtures.endedAt + 1000 }))
afterEach(() => void vi.useRealTimers())

const traits = { hasTime: true, hasMessages: false, isDecoded: false }

describeTakeover('Django, in signed cookies', { ...traits, hasStore: false }, async () => ({
  ...(await startFixtures({
    cookieName: 'sessionid',
    attributes: '; Max-Age=1209600',
    guest: others.guest,
    signIn: (id, earlier) => (earlier === 0 ? userById.get(id)!.cookie : sign(dataOf(id, earlier))),
  })),
  cookieName: 'sessionid',
  reader: (options, other) => fromDjango({ secretKey: other ?? secretKey, ...options, user }),
  expire: () => advance(14 * 86_400),
}))

describeTakeover('Django, in its table', { ...traits, hasStore: true }, async () => {
  const rows = new Map([[others.guestKey, { session_data: others.guestRow }]])
  return {
    ...(await startFixtures({
      cookieName: 'sessionid',
      attributes: '; Max-Age=1209600',
      guest: others.guestKey,
      signIn(id, earlier) {
        const written = userById.get(id)!
        const key = earlier === 0 ? written.key : createHash('md5').update(`${id} ${earlier}`).digest('hex')
        rows.set(key, { session_data: earlier === 0 ? written.row : sign(dataOf(id, earlier), tableSalt) })
        return key
      },
      isLive: (value) => rows.has(value),
    })),
    cookieName: 'sessionid',
    reader: (options, other) => fromDjango({ secretKey: other ?? secretKey, store: storeOf(rows), ...options, user }),
    expire: () => rows.clear(),
  }
})

const storeOf = (rows: Map<string, object>) => ({
  get: async (key: string) => rows.get(key),
  destroy: async (key: string) => rows.delete(key),
})

const tableSalt = 'django.contrib.sessions.SessionStore'

/** The payload of a user who has signed in before. */
const dataOf = (id: string, earlier: number) =>
  json({ _auth_user_id: id, cart: [`tea-${id}`], _csrftoken: String(earlier) })

/** Signs a payload as Django does. */
function sign(payload: string, salt = 'django.contrib.sessions.backends.signed_cookies'): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let time = ''
  for (let left = Math.floor(Date.now() / 1000); left > 0; left = Math.floor(left / 62)) time = digits[left % 62] + time
  const key = createHash('sha256').update(`${salt}signer${secretKey}`).digest()
  return `${payload}:${time}:${createHmac('sha256', key).update(`${payload}:${time}`).digest('base64url')}`
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('fromDjango', () => {
  const [ada] = users
  const cookieOf = (value: string) => `sessionid=${value}`
  const openBy = (value: string, options: Partial<FromDjangoOptions> = {}) =>
    openWith(fromDjango({ secretKey, user, ...options }), cookieOf(value))

  it('keeps the data of the application, and not that of Django', async () => {
    expect(await openBy(ada!.cookie)).toEqual({
      userId: '1',
      outcome: 'active',
      remember: true,
      signedInAt: null,
      data: { cart: ['tea-1'] },
      flashes: [],
      deleted: ['sessionid'],
    })
  })

  it('lets the application refuse a session of before a new password', async () => {
    const hashes = new Map([['1', 'the hash of the new password']])
    const check = async (data: DjangoData) =>
      data._auth_user_hash === hashes.get(data._auth_user_id ?? '') ? data._auth_user_id : null
    expect(await openBy(ada!.cookie, { user: check })).toMatchObject({ userId: null })
    hashes.set('1', ada!.hash)
    expect(await openBy(ada!.cookie, { user: check })).toMatchObject({ userId: '1' })
  })

  it('reads a compressed cookie, and one that ends with the browser', async () => {
    expect(await openBy(others.compressed)).toMatchObject({ data: { cart: ['é'.repeat(400)] }, remember: true })
    expect(await openBy(others.endsWithBrowser)).toMatchObject({ userId: '1', remember: false, data: {} })
    expect(await openBy(ada!.cookie, { expireAtBrowserClose: true })).toMatchObject({ remember: false })
  })

  it('lets the session decide before the setting whether it ends with the browser', async () => {
    const remembered = sign(json({ _auth_user_id: '7', _session_expiry: 1_209_600 }))
    expect(await openBy(remembered, { expireAtBrowserClose: true })).toMatchObject({ userId: '7', remember: true })
    const unset = sign(json({ _auth_user_id: '7', _session_expiry: null }))
    expect(await openBy(unset, { expireAtBrowserClose: true })).toMatchObject({ userId: '7', remember: false })
  })

  it('never mixes up guests, whose signed cookies can be the same', async () => {
    const sessions = takingOver(fromDjango({ secretKey, user }))
    const cookie = cookieOf(sign(json({ cart: [] })))
    const [ada, bob] = [await sessions.open(cookie), await sessions.open(cookie)]
    ada.data['address'] = 'Secret Street 1'
    await sessions.commit(ada)
    await sessions.commit(bob)
    expect(bob.id).not.toBe(ada.id)
    expect((await sessions.open(cookie)).data).toEqual({ cart: [] })
  })

  it('remembers an end for one absolute timeout, though Django writes the row again', async () => {
    const day = 86_400
    const store = memoryStore({ now: () => Date.now() })
    const rowOf = () => ({ session_data: sign(json({ _auth_user_id: '7' }), tableSalt) })
    let row = rowOf()
    const accept = [
      fromDjango({ secretKey, keepCookie: true, user, store: { get: async () => row, destroy: async () => {} } }),
    ]
    // A server that started later, and knows only the store.
    const createServer = () => createSessions({ secrets, store, accept, cookie: { name: 'app' } })
    advance(29 * day)
    const sessions = createServer()
    const session = await sessions.open(cookieOf(ada!.key))
    session.signOut()
    await sessions.commit(session)
    row = rowOf()
    advance(2 * day)
    await store.sweep!(Date.now())
    expect(await createServer().open(cookieOf(ada!.key))).toMatchObject({ userId: null, outcome: 'ended' })
  })

  it('accepts older keys, and no other', async () => {
    const newer = { secretKey: 'a newer key', secretKeyFallbacks: ['some other key', secretKey] }
    expect(await openBy(ada!.cookie, newer)).toMatchObject({ userId: '1' })
    expect(await openBy(others.foreignKey, newer)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
  })

  it('refuses a pickle, a cookie of another purpose, and contents that are no object', async () => {
    expect(await openBy(sign(json({ _auth_user_id: '7' })))).toMatchObject({ userId: '7' })
    for (const value of [others.pickled, sign(json({ _auth_user_id: '7' }), 'other'), sign(json(['7'])), sign('x')])
      expect(await openBy(value)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
  })

  it('refuses a cookie that inflates to more than 128 KB, and a row that inflates to more than a megabyte', async () => {
    const inflated = (text: string, salt?: string) =>
      sign(`.${deflateSync(JSON.stringify({ _auth_user_id: '7', text })).toString('base64url')}`, salt)
    expect(await openBy(inflated('x'.repeat(130_000)))).toMatchObject({ userId: '7' })
    // Two bytes each.
    expect(await openBy(inflated('é'.repeat(70_000)))).toMatchObject({ userId: null, outcome: 'none' })

    const openRow = (text: string) =>
      openBy(ada!.key, { store: storeOf(new Map([[ada!.key, { session_data: inflated(text, tableSalt) }]])) })
    expect(await openRow('x'.repeat(1_000_000))).toMatchObject({ userId: '7' })
    expect(await openRow('é'.repeat(600_000))).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('accepts a cookie for cookieAge, and counts the absolute timeout from when it was written', async () => {
    advance(3600)
    expect(await openBy(ada!.cookie, { cookieAge: 7200 })).toMatchObject({ userId: '1' })
    advance(3600)
    expect(await openBy(ada!.cookie, { cookieAge: 7200 })).toMatchObject({ userId: null, outcome: 'none' })
    advance(31 * 86_400)
    const long = { cookieAge: 90 * 86_400 }
    expect(await openBy(ada!.cookie, long)).toMatchObject({ userId: null, outcome: 'expired' })
  })

  it('takes each cookie that Django has written for a session of its own', async () => {
    const reader = fromDjango({ secretKey, user })
    const cookies = [others.compressed, others.endsWithBrowser].map(cookieOf)
    expect(new Set(await seenBy(reader, cookies)).size).toBe(2)
  })

  it('asks the table for keys only, and refuses rows that have expired or are of another key', async () => {
    const asked: string[] = []
    const openRow = (row: object, value = ada!.key) => {
      const store = {
        async get(key: string) {
          asked.push(key)
          return row
        },
        destroy: async () => {},
      }
      return openBy(value, { store })
    }
    const row = { session_data: ada!.row, expire_date: new Date(Date.now() + 1) }
    expect(await openRow(row)).toMatchObject({ userId: '1', data: { cart: ['tea-1'] } })
    for (const refused of [
      { ...row, expire_date: new Date() },
      { ...row, session_data: others.foreignKey },
      { ...row, session_data: ada!.cookie },
      { ...row, session_data: null },
    ])
      expect(await openRow(refused)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
    asked.length = 0
    for (const value of ['x', "' OR 1=1 --", 'A'.repeat(32), ada!.cookie, 'a'.repeat(41)])
      expect(await openRow(row, value)).toMatchObject({ userId: null })
    expect(asked).toEqual([])
  })

  it('is unavailable while the table does not answer', async () => {
    const store = { get: async () => Promise.reject(new Error('gone')), destroy: async () => {} }
    const session = await takingOver(fromDjango({ secretKey, store, user })).open(cookieOf(ada!.key))
    expect(() => session.userId).toThrow('cannot be checked right now')
  })

  it('says which option is missing or wrong', () => {
    const create = (options: Partial<FromDjangoOptions>) => () => fromDjango({ secretKey, user, ...options })
    expect(create({ secretKey: undefined })).toThrow('secretKey of fromDjango is missing')
    expect(create({ secretKeyFallbacks: 'older' as never })).toThrow('secretKeyFallbacks of fromDjango')
    expect(create({ cookieAge: 0 })).toThrow('cookieAge of fromDjango')
    expect(create({ expireAtBrowserClose: 1 as never })).toThrow('expireAtBrowserClose of fromDjango')
  })
})
