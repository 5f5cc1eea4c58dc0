import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromRails, type FromRailsOptions, type RailsData } from '../../../src/from/rails.ts'
import { createSessions } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { secrets } from '../../support/sessions.ts'
import { advance } from './fetch-apps.ts'
import { startFixtures } from './fixture-apps.ts'
import fixtures from './fixtures/rails.json' with { type: 'json' }
import { describeTakeover } from './suite.ts'
import { openWith, seenBy, takingOver } from './taken-over.ts'

const { secretKeyBase, cookieName, expireAfter, users, others } = fixtures
const user = (data: RailsData) => data['warden.user.user.key']?.[0][0]
const userById = new Map(users.map((each) => [each.id, each]))

// Right after Rails has written the fixtures.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: fixtures.writtenAt + 1000 }))
afterEach(() => void vi.useRealTimers())

describeTakeover('Rails', { hasStore: false, hasTime: false, hasMessages: false }, async () => ({
  ...(await startFixtures({
    cookieName,
    guest: others.guest,
    signIn: (id, earlier) =>
      earlier === 0
        ? userById.get(id)!.cookie
        : encrypt({ session_id: `${id} ${earlier}`, 'warden.user.user.key': [[id], 'x'], cart: [`tea-${id}`] }, null),
  })),
  cookieName,
  reader: (options, other) => fromRails({ cookieName, secretKeyBase: other ?? secretKeyBase, ...options, user }),
}))

/** Encrypts a session as Rails does. */
function encrypt(data: object, expiresAt: number | null): string {
  const iv = randomBytes(12)
  const key = pbkdf2Sync(secretKeyBase, 'authenticated encrypted cookie', 1000, 32, 'sha256')
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const message = Buffer.from(JSON.stringify(data)).toString('base64')
  const envelope = {
    _rails: { message, exp: expiresAt && new Date(expiresAt).toISOString(), pur: `cookie.${cookieName}` },
  }
  const encrypted = Buffer.concat([cipher.update(JSON.stringify(envelope)), cipher.final()])
  return encodeURIComponent([encrypted, iv, cipher.getAuthTag()].map((part) => part.toString('base64')).join('--'))
}

describe('fromRails', () => {
  const [ada] = users
  const openBy = (value: string, options: Partial<FromRailsOptions> = {}) =>
    openWith(fromRails({ cookieName, secretKeyBase, user, ...options }), `${options.cookieName ?? cookieName}=${value}`)

  it('keeps the data and the messages of the application, and not what Rails and Devise keep', async () => {
    expect(await openBy(ada!.cookie)).toEqual({
      userId: '1',
      outcome: 'active',
      remember: false,
      signedInAt: null,
      data: { cart: ['tea-1'] },
      flashes: [{ category: 'notice', message: 'Saved <b>' }],
      deleted: [cookieName],
    })
  })

  it('is one session for all cookies of a session', async () => {
    const ids = await seenBy(
      fromRails({ cookieName, secretKeyBase, user }),
      [ada!.cookie, ada!.again!, ada!.expiring!].map((value) => `${cookieName}=${value}`),
    )
    expect(new Set(ids).size).toBe(1)
  })

  it('is not adopted again with an earlier cookie, after a sign-out', async () => {
    const sessions = takingOver(fromRails({ cookieName, secretKeyBase, user }))
    const session = await sessions.open(`${cookieName}=${ada!.again!}`)
    session.signOut()
    await sessions.commit(session)
    expect(await sessions.open(`${cookieName}=${ada!.cookie}`)).toMatchObject({ userId: null, outcome: 'ended' })
  })

  it('ends when Rails lets it end, and outlives the browser', async () => {
    expect(await openBy(ada!.expiring!)).toMatchObject({ userId: '1', remember: true })
    advance(expireAfter - 2)
    expect(await openBy(ada!.expiring!)).toMatchObject({ userId: '1' })
    advance(1)
    expect(await openBy(ada!.expiring!)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
  })

  it('remembers an end for one absolute timeout, though Rails has written the same session again', async () => {
    const day = 86_400
    const long = { cookieName, secretKeyBase, expireAfter: 60 * day, user: (data: RailsData) => data['user_id'] }
    const store = memoryStore({ now: () => Date.now() })
    // A server that started later, and knows only the store.
    const createServer = () => createSessions({ secrets, store, accept: [fromRails(long)] })
    const data = { session_id: 'abc', user_id: '7' }
    const older = encrypt(data, Date.now() + 60 * day * 1000)
    advance(29 * day)
    const newer = encrypt(data, Date.now() + 60 * day * 1000)
    const sessions = createServer()
    const session = await sessions.open(`${cookieName}=${older}`)
    session.signOut()
    await sessions.commit(session)
    advance(2 * day)
    await store.sweep!(Date.now())
    expect(await createServer().open(`${cookieName}=${newer}`)).toMatchObject({ userId: null, outcome: 'ended' })
  })

  it('spares cookies that were written after revokeAll, if expireAfter says so', async () => {
    const sessions = takingOver(fromRails({ cookieName, secretKeyBase, expireAfter: 6000, user: ({ id }) => id }))
    const [before, after] = [300, 900].map((seconds) => encrypt({ id: '7' }, Date.now() + (seconds + 6000) * 1000))
    advance(600)
    await sessions.revokeAll('7')
    advance(600)
    expect((await sessions.open(`${cookieName}=${before}`)).userId).toBeNull()
    expect((await sessions.open(`${cookieName}=${after}`)).userId).toBe('7')
  })

  it('reads cookies whose key was derived by SHA-1, and of each secret', async () => {
    expect(await openBy(others.sha1)).toMatchObject({ userId: '1' })
    expect(await openBy(ada!.cookie, { secretKeyBase: ['a newer one', secretKeyBase] })).toMatchObject({ userId: '1' })
  })

  it('refuses other encrypted cookies, other names, other keys and Marshal', async () => {
    for (const value of [others.otherCookie, others.withoutPurpose, others.foreignKey, others.marshal])
      expect(await openBy(value)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
    expect(await openBy(ada!.cookie, { cookieName: '_other_session' })).toMatchObject({ userId: null, deleted: [] })
  })

  it('refuses a shorter tag of GCM, which Node would accept', async () => {
    const [cipher, iv, tag] = decodeURIComponent(ada!.cookie).split('--') as [string, string, string]
    const short = Buffer.from(tag, 'base64').subarray(0, 12).toString('base64')
    const spell = (last: string) => encodeURIComponent([cipher, iv, last].join('--'))
    expect(await openBy(spell(tag))).toMatchObject({ userId: '1' })
    expect(await openBy(spell(short))).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('says which option is missing or wrong', () => {
    const create = (options: Partial<FromRailsOptions>) => () =>
      fromRails({ cookieName, secretKeyBase, user, ...options })
    expect(create({ secretKeyBase: undefined })).toThrow('secretKeyBase of fromRails is missing')
    expect(create({ cookieName: undefined as never })).toThrow('cookieName')
    expect(create({ expireAfter: 0 })).toThrow('expireAfter of fromRails')
  })
})
