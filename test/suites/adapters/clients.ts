import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { browser } from '../../support/browser.ts'
import { signedIn } from '../../support/sessions.ts'
import { exchange } from './client.ts'
import { cookieNames, gate, serving, uncaught, type Given } from './serving.ts'

/** Requests of clients to a server. */
export function clients(given: Given): void {
  it('a client that leaves before the answer is signed out all the same', async () => {
    const errors = uncaught()
    const { opened, open } = gate()
    const asked = gate()
    const { ask, sessions, ...visited } = await serving(given, {
      '/out': async (session) => {
        asked.open()
        await opened
        session.signOut()
        return { body: 'Bye' }
      },
      '/': (session) => ({ body: session.outcome }),
    })
    const { cookie } = await signedIn({ ...visited, sessions })
    const leaving = new AbortController()
    const left = ask('/out', { cookie, signal: leaving.signal }).catch((error: Error) => error.name)
    await asked.opened
    leaving.abort()
    await delay(20)
    open()

    expect(await left).toBe('AbortError')
    await vi.waitFor(async () => expect((await sessions.open(cookie)).outcome).toBe('ended'))
    expect((await ask('/', { cookie })).body).toBe('ended')
    expect(errors).toEqual([])
  })

  it('a client that leaves in the middle of the body breaks nothing, and keeps its session', async () => {
    const errors = uncaught()
    const { opened, open } = gate()
    const { ask, ...visited } = await serving(given, {
      '/stream': (session) => {
        session.data['n'] = 1
        return {
          async *body() {
            yield 'one'
            await opened
            for (let n = 0; n < 50; n++) yield 'more'.repeat(5000)
          },
        }
      },
      '/': (session) => ({ body: JSON.stringify([session.userId, session.outcome]) }),
    })
    const { cookie } = await signedIn(visited)
    const leaving = new AbortController()
    const left = ask('/stream', { cookie, signal: leaving.signal, onChunk: () => leaving.abort() })
    await expect(left).rejects.toThrow(/abort/)
    open()
    await delay(20)

    expect((await ask('/', { cookie })).body).toBe('["ada","active"]')
    expect(errors).toEqual([])
  })

  it('a body that comes byte by byte is read whole, and the session is there behind it', async () => {
    const { ask, ...visited } = await serving(given, {
      '/': async (session, { body }) => {
        const text = await body()
        session.data['text'] = text
        return { body: `${session.userId} ${text}` }
      },
    })
    const { cookie } = await signedIn(visited)
    const text = 'a slow body, ÄÖÜ'
    async function* byByte(): AsyncGenerator<string> {
      for (const byte of text) {
        yield byte
        await delay(1)
      }
    }
    const got = await ask('/', { method: 'POST', cookie, body: byByte() })

    expect([got.body, cookieNames(got)]).toEqual([`ada ${text}`, ['__Host-Http-session']])
  })

  it('a body that was sent before the handler looked is not lost', async () => {
    const { ask } = await serving(given, {
      '/': async (_, { body }) => {
        await delay(15)
        return { body: String((await body()).length) }
      },
    })

    expect((await ask('/', { method: 'POST', body: 'x'.repeat(300_000) })).body).toBe('300000')
    expect((await ask('/', { method: 'POST', body: 'x', headers: { expect: '100-continue' } })).body).toBe('1')
  })

  it('requests that are sent at once get their own answers, in order', async () => {
    const { port, ...visited } = await serving(given, {
      '/': async (session, { user }) => {
        // The first takes longest.
        await delay(user === 'ada' ? 20 : 1)
        session.data['n'] = user
        return { body: `${user} is ${session.userId}` }
      },
    })
    const names = ['ada', 'eve', 'joe']
    const visitors = await Promise.all(names.map((name) => signedIn(visited, name)))
    const requests = visitors.map(
      ({ cookie }, n) => `GET / HTTP/1.1\r\nHost: x\r\nX-User: ${names[n]}\r\nCookie: ${cookie}\r\n\r\n`,
    )
    const got = await exchange(port, requests.join(''), 3)

    expect(got.map(({ body }) => body)).toEqual(['ada is ada', 'eve is eve', 'joe is joe'])
    for (const [n, { headers }] of got.entries()) {
      const visitor = browser({ now: visited.clock.now })
      visitor.receive(headers)
      expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: names[n] })
    }
  })

  it('one connection serves one person after another', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const { ask, ...visited } = await serving(given, {
      '/': (session) => {
        session.data['n'] = 1
        return { body: session.userId ?? 'guest' }
      },
      '/alone': () => ({ body: 'alone' }),
    })
    for (const [n, name] of ['ada', 'eve', 'joe'].entries()) {
      const got = await ask('/', { cookie: (await signedIn(visited, name)).cookie, agent })

      expect([got.body, got.reused, cookieNames(got)]).toEqual([name, n > 0, ['__Host-Http-session']])
    }
    expect((await ask('/', { agent })).body).toBe('guest')
    expect(cookieNames(await ask('/alone', { agent }))).toEqual([])
  })

  it('a client of HTTP/1.0 is served', async () => {
    const { port, ...visited } = await serving(given, {
      '/': (session) => {
        session.data['n'] = 1
        return { body: session.userId ?? 'guest' }
      },
    })
    const { cookie } = await signedIn(visited)
    const [got] = await exchange(port, `GET / HTTP/1.0\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`, 1)

    expect([got!.status, got!.body, cookieNames(got!)]).toEqual([200, 'ada', ['__Host-Http-session']])
  })
}
