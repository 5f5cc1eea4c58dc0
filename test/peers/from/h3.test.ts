import { H3, useSession } from 'h3'
import * as h3v1 from 'h3-1'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromH3, type FromH3Options } from '../../../src/from/h3.ts'
import { cookiesOf } from '../../support/browser.ts'
import { advance, readRoute, startFetch, type Route } from './fetch-apps.ts'
import { describeTakeover, itIf } from './suite.ts'
import { openWith, seenBy, takingOver } from './taken-over.ts'

const password = 'a password of h3 that has 32 bytes, or more'
const maxAge = 3600
const user = (data: Record<string, any>) => data['userId']

afterEach(() => void vi.useRealTimers())

interface Config {
  password: string
  name?: string
  maxAge?: number
  idleTimeout?: number
}

interface UsedSession {
  readonly data: Record<string, any>
  update(data: Record<string, any>): Promise<unknown>
}

const versions = [
  {
    version: 1 as const,
    createApp: (config: Config) =>
      h3v1.toWebHandler(
        h3v1.createApp().use(
          h3v1.eventHandler(async (event) => {
            const route = readRoute(h3v1.toWebRequest(event))
            return change(route, await h3v1.useSession<Record<string, any>>(event, config))
          }),
        ),
      ),
  },
  {
    version: 2 as const,
    createApp(config: Config) {
      const app = new H3().all('/**', async (event) =>
        change(readRoute(event.req), await useSession<Record<string, any>>(event, config)),
      )
      return async (request: Request) => app.fetch(request)
    },
  },
]

async function change({ action, argument }: Route, session: UsedSession) {
  if (action === 'sign-in') await session.update({ userId: argument })
  if (action === 'cart') await session.update({ cart: [...(session.data['cart'] ?? []), argument] })
  return { userId: session.data['userId'], cart: session.data['cart'] }
}

const traits = { hasStore: false, hasTime: true, hasMessages: false }

for (const { version, createApp } of versions) {
  describeTakeover(`h3 ${version}`, traits, async () => ({
    ...(await startFetch(createApp({ password, maxAge }))),
    cookieName: 'h3',
    reader: (options, secret) => fromH3({ password: secret ?? password, maxAge, version, ...options }),
    expire: () => advance(maxAge + 1),
  }))
}

describe.each(versions)('fromH3, h3 $version', ({ version, createApp }) => {
  /** The `Cookie` headers after each of some requests of one browser. */
  async function visitThere(
    config: Partial<Config>,
    paths: readonly string[],
    earlier: readonly string[] = [],
  ): Promise<readonly string[]> {
    const fetch = createApp({ password, ...config })
    const cookies: Record<string, string> = {}
    const headers: string[] = [...earlier]
    for (const path of paths) {
      const response = await fetch(
        new Request(`http://localhost${path}`, { headers: { Cookie: headers.at(-1) ?? '' } }),
      )
      Object.assign(cookies, cookiesOf(response.headers))
      headers.push(
        Object.entries(cookies)
          .filter(([, value]) => value !== '')
          .map(([name, value]) => `${name}=${value}`)
          .join('; '),
      )
    }
    return headers
  }

  it('is one session for all cookies of a session, and another one for another user', async () => {
    const paths = ['/sign-in/7', '/cart/tea', '/cart/jam', '/sign-in/8']
    const ids = await seenBy(fromH3({ password, user }), await visitThere({}, paths))
    expect(ids).toEqual([ids[0], ids[0], ids[0], expect.not.stringContaining(ids[0]!)])
  })

  it('is not adopted again with an earlier cookie, after a sign-out', async () => {
    const sessions = takingOver(fromH3({ password, user }))
    const cookies = await visitThere({}, ['/sign-in/7', '/cart/tea'])
    const session = await sessions.open(cookies[1]!)
    session.signOut()
    await sessions.commit(session)
    expect(await sessions.open(cookies[0]!)).toMatchObject({ userId: null, outcome: 'ended' })
  })

  it('ends with the browser without a maxAge, and is read by the name that Nuxt gives it', async () => {
    const [cookie] = await visitThere({ name: 'nuxt-session' }, ['/sign-in/7'])
    const reader = fromH3({ password, cookieName: 'nuxt-session', user })
    expect(await openWith(reader, cookie!)).toMatchObject({ userId: '7', remember: false, deleted: ['nuxt-session'] })
  })

  it('counts the absolute timeout from the start of the session there with maxAge, and else from the adoption', async () => {
    const long = 90 * 86_400
    const [cookie] = await visitThere({ maxAge: long }, ['/sign-in/7'])
    advance(29 * 86_400)
    expect(await openWith(fromH3({ password, maxAge: long, user }), cookie!)).toMatchObject({ userId: '7' })
    advance(2 * 86_400)
    expect(await openWith(fromH3({ password, maxAge: long, user }), cookie!)).toMatchObject({ outcome: 'expired' })
    const [endless] = await visitThere({}, ['/sign-in/7'])
    advance(31 * 86_400)
    expect(await openWith(fromH3({ password, user }), endless!)).toMatchObject({ userId: '7' })
  })

  it('spares cookies that were written after revokeAll, though their session began before it', async () => {
    // With an idleTimeout, h3 2 notes the last use.
    const configs: Partial<Config>[] = version === 1 ? [{ maxAge }] : [{ maxAge }, { idleTimeout: maxAge }]
    for (const config of configs) {
      const sessions = takingOver(fromH3({ password, ...config, user }))
      const before = await visitThere(config, ['/sign-in/7'])
      const other = await visitThere(config, ['/sign-in/7'])
      advance(300)
      await sessions.revokeAll('7')
      advance(300)
      const [, after] = await visitThere(config, ['/cart/tea'], other)
      expect((await sessions.open(before[0]!)).userId).toBeNull()
      expect((await sessions.open(after!)).userId).toBe('7')
      vi.useRealTimers()
    }
  })

  it('refuses a session that is older than maxAge, though its cookie says nothing about it', async () => {
    const [cookie] = await visitThere({}, ['/sign-in/7'])
    advance(maxAge + 1)
    expect(await openWith(fromH3({ password, maxAge, user }), cookie!)).toMatchObject({ userId: null, deleted: [] })
  })

  itIf(version === 2)('joins a cookie that was split, and deletes all parts', async () => {
    const item = 'tea'.repeat(2000)
    const [, cookie] = await visitThere({}, ['/sign-in/7', `/cart/${item}`])
    const parts = ['h3', 'h3.1', 'h3.2', 'h3.3']
    const opened = await openWith(fromH3({ password, user }), cookie!)
    expect(opened).toMatchObject({ userId: '7', data: { cart: [item] } })
    expect(opened.deleted.toSorted()).toEqual(parts)
    const withoutOne = cookie!.replace(/h3\.2=[^;]+; /, '')
    expect(await openWith(fromH3({ password, user }), withoutOne)).toMatchObject({ userId: null, deleted: [] })
  })

  itIf(version === 2)('refuses a session that was not used for idleTimeout, and takes one that was', async () => {
    const config = { idleTimeout: 600 }
    const unused = await visitThere(config, ['/sign-in/7'])
    advance(500)
    const used = await visitThere(config, ['/cart/tea'], unused)
    advance(500)
    const reader = fromH3({ password, ...config, user })
    expect(await openWith(reader, unused[0]!)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
    expect(await openWith(reader, used[1]!)).toMatchObject({ userId: '7' })
    advance(101)
    expect(await openWith(reader, used[1]!)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
  })

  itIf(version === 2)('refuses the cookies of version 2, if the option says that there are none', async () => {
    const [cookie] = await visitThere({}, ['/sign-in/7'])
    expect(await openWith(fromH3({ password, version: 1, user }), cookie!)).toMatchObject({ userId: null })
  })

  itIf(version === 1)('reads the cookies of version 1 by default too', async () => {
    const [cookie] = await visitThere({}, ['/sign-in/7'])
    expect(await openWith(fromH3({ password, user }), cookie!)).toMatchObject({ userId: '7' })
  })
})

it('fromH3 says which option is missing or wrong', () => {
  const create = (options: Partial<FromH3Options>) => () => fromH3({ password, user, ...options })
  expect(create({ password: undefined })).toThrow('password of fromH3 is missing')
  expect(create({ maxAge: 0 })).toThrow('maxAge of fromH3')
  expect(create({ idleTimeout: -1 })).toThrow('idleTimeout of fromH3')
  expect(create({ version: 3 as never })).toThrow('version of fromH3')
})
