import type { ErrorRequestHandler } from 'express'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import type { SessionEvent } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it } from 'vitest'
import { cookieOf, options, serve, watchedStore } from './serve.ts'

async function application(given: SessionOptions = {}) {
  const { store, state } = watchedStore(memoryStore())
  const events: SessionEvent[] = []
  const errors: unknown[] = []
  const ids: string[] = []
  const onError: ErrorRequestHandler = (error, req, res, _next) => {
    errors.push(error)
    ids.push(req.sessionID)
    if (!res.headersSent) res.status(error.status ?? 500).end('failed')
  }
  const get = await serve((app) => {
    app.use(session(options({ store, onEvent: (event) => void events.push(event), ...given })))
    app.get('/write', (req, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1
      res.json(req.session.visits)
    })
    app.get('/in', (req, res) => {
      state.isDown = true
      req.session.userId = 'ada'
      res.end('welcome')
    })
    app.get('/later', (req, res) => {
      state.isDown = true
      req.session.visits = 9
      res.end('done')
    })
    app.get('/read', (req, res) => {
      state.isDown = true
      res.json(req.session.visits ?? null)
    })
    app.get('/save', (req, res) => {
      state.isDown = true
      req.session.visits = 9
      req.session.save((error) => void res.json({ error: (error as { code?: string }).code }))
    })
    app.get('/in-saved', (req, res) => {
      state.isDown = true
      req.session.userId = 'ada'
      req.session.save()
      res.redirect('/')
    })
    app.get('/bad', (req, res) => {
      req.session.cookie.expires = new Date(NaN)
      req.session.visits = 3
      res.end('sent')
    })
    app.get('/', (req, res) => void res.json([req.session.userId ?? null, req.session.visits ?? null]))
    app.use(onError)
  })
  return { get, state, events, errors, ids }
}

describe('while the store does not answer', () => {
  it('a request gets 503 and no cookie, and its cookie is good afterwards', async () => {
    const { get, state } = await application()
    const cookie = cookieOf(await get('/write'))
    state.isDown = true
    const response = await get('/write', cookie)
    expect([response.status, cookieOf(response), await response.text()]).toEqual([503, '', 'failed'])
    state.isDown = false
    expect(await (await get('/write', cookie)).json()).toBe(2)
  })

  it('events say so', async () => {
    const { get, state, events } = await application()
    const cookie = cookieOf(await get('/write'))
    state.isDown = true
    for (let request = 0; request < 5; request++) await get('/write', cookie)
    expect(events.map(({ type }) => type)).toEqual(['began', 'store-down'])
  })

  it('a new session is no success', async () => {
    const { get, state } = await application()
    const response = await get('/later')
    expect([response.status, cookieOf(response)]).toEqual([503, ''])
    // The response to the error saves nothing either.
    expect(state.calls.filter((name) => name === 'create')).toHaveLength(1)
  })

  it('a sign-in fails, and the guest keeps the cookie and the data', async () => {
    const { get, state, ids } = await application()
    const cookie = cookieOf(await get('/write'))
    const response = await get('/in', cookie)
    expect([response.status, cookieOf(response), await response.text()]).toEqual([503, '', 'failed'])
    expect(cookie).toContain(`s%3A${ids[0]}.`)
    state.isDown = false
    expect(await (await get('/', cookie)).json()).toEqual([null, 1])
  })

  it.each([
    ['before', '/in', 503],
    ['before', '/in-saved', 503],
    ['after', '/in', 200],
    ['after', '/in-saved', 302],
  ] as const)('a sign-in sends no cookie (saveErrors %s, %s)', async (saveErrors, path, status) => {
    const { get, state } = await application({ saveErrors })
    const cookie = cookieOf(await get('/write'))
    const response = await get(path, cookie)
    expect([response.status, cookieOf(response)]).toEqual([status, ''])
    state.isDown = false
    expect(await (await get('/', cookie)).json()).toEqual([null, 1])
  })

  it('a page that only reads is sent, because only its use is not recorded', async () => {
    const { get, state } = await application()
    const cookie = cookieOf(await get('/write'))
    const response = await get('/read', cookie)
    expect([response.status, await response.json()]).toEqual([200, 1])
    state.isDown = false
    expect(await (await get('/write', cookie)).json()).toBe(2)
  })

  it('save calls back with the error, and the response does not report success', async () => {
    const { get } = await application()
    const response = await get('/save', cookieOf(await get('/write')))
    expect([response.status, await response.text()]).toEqual([503, 'failed'])
  })

  it("a response is sent all the same with saveErrors: 'after', and next gets the error", async () => {
    const { get, errors } = await application({ saveErrors: 'after' })
    const response = await get('/later', cookieOf(await get('/write')))
    expect([response.status, await response.text()]).toEqual([200, 'done'])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE' })])
  })
})

it('an attribute that is no valid date sends no cookie, and is reported after the response', async () => {
  const { get, errors } = await application()
  const response = await get('/bad')
  expect([response.status, await response.text(), cookieOf(response)]).toEqual([200, 'sent', ''])
  await new Promise(setImmediate)
  expect(String(errors)).toBe('TypeError: option expires is invalid')
})
