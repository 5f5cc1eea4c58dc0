import { afterEach, describe, expect, it } from 'vitest'
import type { Sessions, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { ask } from '../suites/adapters/client.ts'
import type { Routes, Served } from '../suites/adapters/host.ts'
import { honoHost } from '../suites/adapters/hosts/hono.ts'
import { nodeHost } from '../suites/adapters/hosts/node.ts'
import { browser, type Browser } from '../support/browser.ts'
import { sqliteFiles } from '../support/sqlite-files.ts'
import { storeWorld, testStore } from '../support/stores.ts'

const { opened } = sqliteFiles()

let served: Served
afterEach(async () => served.close())

describe.each([honoHost, nodeHost])('over sockets, with $name and a store', (host) => {
  const serve = async (sessions: Sessions, routes: Routes) => {
    served = await host.serve(sessions, {
      '/in': (session) => {
        session.signIn('ada')
        return { body: 'in' }
      },
      '/out': (session) => {
        session.signOut()
        return { redirect: '/' }
      },
      '/': (session) => ({ body: String(session.userId) }),
      ...routes,
    })
  }

  async function go(visitor: Browser, path: string) {
    const got = await ask(served.port, path, { cookie: visitor.cookie })
    visitor.receive(got.headers)
    return got
  }

  const stores: [string, () => SessionStore][] = [
    ['memory', memoryStore],
    ['SQLite', () => opened().store],
  ]
  it.each(stores)(
    'a slow request that writes while another signs out revives nothing in %s, 50 times',
    async (_store, open) => {
      const visited = storeWorld({ cookie: { secure: false }, now: Date.now, touchAfter: 0 }, testStore(open()))
      let arrive = () => {}
      let finish = Promise.resolve()
      await serve(visited.sessions, {
        '/slow': async (session) => {
          session.data['n'] = (session.data['n'] ?? 0) + 1
          session.flash('info', 'Saved.')
          arrive()
          await finish
          return { body: 'saved' }
        },
      })

      for (let round = 0; round < 50; round++) {
        const visitor = browser()
        await go(visitor, '/in')
        const { cookie } = visitor
        const arrived = new Promise<void>((resolve) => (arrive = resolve))
        let release = () => {}
        finish = new Promise((resolve) => (release = resolve))
        const slow = ask(served.port, '/slow', { cookie })
        await arrived
        await go(visitor, '/out')
        release()
        const { status, headers } = await slow
        visitor.receive(headers)

        expect([status, headers.getSetCookie()]).toEqual([200, []])
        expect((await go(visitor, '/')).body).toBe('null')
        expect((await ask(served.port, '/', { cookie })).body).toBe('null')
      }
      expect(await visited.store.records()).toEqual([])
    },
  )

  it('an outage gives 503 with Retry-After, and signs no user out', async () => {
    const visited = storeWorld({ cookie: { secure: false }, now: Date.now, touchAfter: 0 })
    await serve(visited.sessions, { '/still': () => ({ body: 'no session' }) })
    const visitor = browser()
    await go(visitor, '/in')
    visited.store.fail()
    for (const path of ['/', '/in']) {
      const { status, headers } = await go(visitor, path)
      expect([status, headers.getSetCookie(), headers.has('Retry-After')]).toEqual([503, [], true])
    }
    expect(await go(visitor, '/still')).toMatchObject({ status: 200, body: 'no session' })
    expect(await ask(served.port, '/in')).toMatchObject({ status: 503 })
    visited.store.heal()

    expect((await go(visitor, '/')).body).toBe('ada')
  })

  it('a sign-in that the limit refuses is a 409 without a cookie, and signs nobody out', async () => {
    const options = { cookie: { secure: false }, now: Date.now, maxSessions: 1, onLimit: 'refuse' } as const
    await serve(storeWorld(options).sessions, {})
    const [visitor, other] = [browser(), browser()]
    await go(visitor, '/in')
    const { status, headers } = await go(other, '/in')

    expect([status, headers.getSetCookie(), headers.has('Retry-After')]).toEqual([409, [], false])
    expect((await go(visitor, '/')).body).toBe('ada')
    await go(visitor, '/out')
    await go(other, '/in')
    expect((await go(other, '/')).body).toBe('ada')
  })

  it('a sign-out in an outage clears the cookie, and the session is rejected at once', async () => {
    const visited = storeWorld({ cookie: { secure: false }, now: Date.now })
    await serve(visited.sessions, {})
    const visitor = browser()
    await go(visitor, '/in')
    const { cookie } = visitor
    visited.store.fail()
    expect((await go(visitor, '/out')).status).toBe(302)
    expect(visitor.cookie).toBe('')
    visited.store.heal()

    expect((await ask(served.port, '/', { cookie })).body).toBe('null')
  })

  it('a response is not sent before the store has the changes of its request', async () => {
    const visited = storeWorld({ cookie: { secure: false }, now: Date.now })
    await serve(visited.sessions, {
      '/write': (session) => {
        session.data['cart'] = ['tea']
        return { redirect: '/cart' }
      },
      '/cart': (session) => ({ body: JSON.stringify(session.data['cart']) }),
    })
    const visitor = browser()
    await go(visitor, '/in')
    const updating = visited.store.hold('update')
    let answered = false
    const writing = go(visitor, '/write').then((got) => {
      answered = true
      return got
    })
    await updating.reached
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(answered).toBe(false)
    updating.release()

    expect((await writing).status).toBe(302)
    expect((await go(visitor, '/cart')).body).toBe('["tea"]')
  })
})
