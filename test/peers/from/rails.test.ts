import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromRails, type FromRailsOptions, type RailsData } from '../../../src/from/rails.ts'
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
    signIn: (id) => userById.get(id)!.cookie,
    userOf: (value) => users.find(({ cookie }) => cookie === value)?.id ?? null,
  })),
  cookieName,
  reader: (options, other) => fromRails({ cookieName, secretKeyBase: other ?? secretKeyBase, ...options, user }),
}))

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

  it('counts the absolute timeout from when the cookie was written, if expireAfter says so', async () => {
    const sessions = takingOver(fromRails({ cookieName, secretKeyBase, expireAfter, user }))
    const { id } = await sessions.open(`${cookieName}=${ada!.expiring!}`)
    const listed = await sessions.list('1')
    expect(listed).toMatchObject([{ id, createdAt: fixtures.writtenAt }])
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
