import { getIronSession, sealData as sealData8 } from 'iron-session'
import { getIronSession as getIronSession9, sealData as sealData9 } from 'iron-session-9'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromIronSession } from '../../../src/from/iron-session.ts'
import { advance, startApp } from './fetch-apps.ts'
import { describeTakeover, itIf } from './suite.ts'
import { openWith, seenBy, takingOver } from './taken-over.ts'

const cookieName = 'shop'
// Two passwords by their id: both versions seal with the highest one.
const password = { 1: 'an older password of at least 32 bytes', 2: 'a newer password of at least 32 bytes' }
const ttl = 3600
afterEach(() => void vi.useRealTimers())

const user = (data: Record<string, any>) => data['userId']

const versions = [
  { version: 8, open: getIronSession as typeof getIronSession9, sealData: sealData8 },
  { version: 9, open: getIronSession9, sealData: sealData9 },
]

const traits = { hasStore: false, hasTime: true, hasMessages: false }

for (const { version, open } of versions) {
  describeTakeover(`iron-session ${version}`, traits, async () => ({
    ...(await startApp(async (request) => {
      const response = new Response()
      const data = await open<Record<string, any>>(request, response, { cookieName, password, ttl })
      const save = async () => {
        await data['save']()
        return response.headers.getSetCookie()
      }
      return { data, save }
    })),
    cookieName,
    reader: (options, secret) =>
      fromIronSession({ cookieName, password: secret === undefined ? password : { 2: secret }, ttl, ...options }),
    expire: () => advance(ttl + 120),
  }))
}

describe.each(versions)('fromIronSession, iron-session $version', ({ version, open, sealData }) => {
  const reader = fromIronSession({ cookieName, password, ttl, user })

  it('reads cookies of each password that it has', async () => {
    const oldest = await sealData({ userId: 7 }, { password: password[1], ttl })
    expect(await openWith(reader, `${cookieName}=${oldest}`)).toMatchObject({ userId: '7', remember: true })
    const removed = fromIronSession({ cookieName, password: { 2: password[2] }, ttl, user })
    expect(await openWith(removed, `${cookieName}=${oldest}`)).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('takes a cookie without an end for one that lasts with ttl: 0, and else for one that ends with the browser', async () => {
    const endless = await sealData({ userId: 7 }, { password, ttl: 0 })
    const lasting = fromIronSession({ cookieName, password, ttl: 0, user })
    advance(400 * 86_400)
    expect(await openWith(lasting, `${cookieName}=${endless}`)).toMatchObject({ userId: '7', remember: true })
    expect(await openWith(reader, `${cookieName}=${endless}`)).toMatchObject({ userId: '7', remember: false })
  })

  it('counts the absolute timeout from when the cookie was written', async () => {
    const long = 90 * 86_400
    const seal = await sealData({ userId: 7 }, { password, ttl: long })
    const lasting = fromIronSession({ cookieName, password, ttl: long, user })
    advance(29 * 86_400)
    expect(await openWith(lasting, `${cookieName}=${seal}`)).toMatchObject({ userId: '7' })
    advance(2 * 86_400)
    expect(await openWith(lasting, `${cookieName}=${seal}`)).toMatchObject({ userId: null, outcome: 'expired' })
  })

  it('is refused after revokeAll, though the option ttl is shorter than that of the cookie', async () => {
    const sessions = takingOver(reader)
    const seal = await sealData({ userId: 7 }, { password, ttl: 30 * 86_400 })
    advance(300)
    await sessions.revokeAll('7')
    advance(300)
    expect(await sessions.open(`${cookieName}=${seal}`)).toMatchObject({ userId: null, outcome: 'revoked' })
  })

  it('is not misled by the version behind the seal, which has no signature', async () => {
    const seal = await sealData({ userId: 7 }, { password, ttl })
    const ids = await seenBy(
      reader,
      ['~2', '~3', ''].map((suffix) => `${cookieName}=${seal.replace(/~2$/, suffix)}`),
    )
    expect(new Set(ids).size).toBe(1)
  })

  itIf(version === 9)('joins a cookie that was split, and deletes all parts', async () => {
    const response = new Response()
    const options = { cookieName, password, ttl, chunk: true }
    const session = await open<Record<string, any>>(new Request('http://localhost'), response, options)
    Object.assign(session, { userId: 7, cart: ['tea'.repeat(2000)] })
    await session['save']()
    const pairs = response.headers.getSetCookie().map((line) => line.split(';')[0]!)
    expect(pairs.length).toBeGreaterThan(1)
    const opened = await openWith(reader, pairs.toReversed().join('; '))
    expect(opened).toMatchObject({ userId: '7', data: { cart: ['tea'.repeat(2000)] } })
    for (const pair of pairs) expect(opened.deleted).toContain(pair.split('=')[0])
    expect(await openWith(reader, pairs.slice(1).join('; '))).toMatchObject({ userId: null, deleted: [] })
  })

  it('keeps all data of the application', async () => {
    const seal = await sealData({ userId: 7, passport: { number: 'C01' } }, { password, ttl })
    expect(await openWith(reader, `${cookieName}=${seal}`)).toMatchObject({
      data: { userId: 7, passport: { number: 'C01' } },
    })
  })

  it('refuses contents that are no object', async () => {
    for (const data of ['text', 7, null]) {
      const seal = await sealData(data, { password, ttl })
      expect(await openWith(reader, `${cookieName}=${seal}`)).toMatchObject({ userId: null, outcome: 'none' })
    }
  })
})

it('fromIronSession says which option is missing or wrong', () => {
  const good = { cookieName, password, user }
  expect(() => fromIronSession({ ...good, password: undefined })).toThrow('password of fromIronSession is missing')
  expect(() => fromIronSession({ ...good, password: {} })).toThrow('password of fromIronSession is missing')
  expect(() => fromIronSession({ ...good, password: 7 as never })).toThrow('must be text')
  expect(() => fromIronSession({ ...good, ttl: -1 })).toThrow('ttl of fromIronSession')
  expect(() => fromIronSession({ ...good, cookieName: undefined as never })).toThrow('cookieName')
})
