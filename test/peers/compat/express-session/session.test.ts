import session from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { cookieOf, options, serve } from './serve.ts'

declare module 'express-session' {
  interface SessionData {
    visits?: number
    userId?: string
  }
}

it('keeps the data of a visitor', async () => {
  const get = await serve((app) => {
    app.use(session(options()))
    app.get('/', (req, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1
      res.json(req.session.visits)
    })
  })
  const first = await get('/')
  expect(first.headers.getSetCookie()[0]).toMatch(/^connect\.sid=s%3A[\w-]{32}\.[\w%]+; Path=\/; HttpOnly$/)
  expect(await (await get('/', cookieOf(first))).json()).toBe(2)
  expect(await (await get('/')).json()).toBe(1)
})

it('gives a new id to a session whose user signs in, and ends the old one', async () => {
  const sessions = session(options({ store: memoryStore() }))
  const get = await serve((app) => {
    app.use(sessions)
    app.get('/visit', (req, res) => {
      req.session.visits = 1
      res.end(req.sessionID)
    })
    app.get('/in', (req, res) => {
      req.session.userId = 'ada'
      res.end(req.sessionID)
    })
    app.get('/', (req, res) => res.json([req.session.userId ?? null, req.session.visits ?? null]))
  })
  const guest = await get('/visit')
  const signedIn = await get('/in', cookieOf(guest))
  expect(cookieOf(signedIn)).not.toBe('')
  expect(cookieOf(signedIn)).not.toBe(cookieOf(guest))
  expect(await (await get('/', cookieOf(signedIn))).json()).toEqual(['ada', 1])
  expect(await (await get('/', cookieOf(guest))).json()).toEqual([null, null])
  expect(await sessions.list('ada')).toHaveLength(1)
  expect(await sessions.revokeAll('ada')).toMatchObject({ ended: 1 })
  expect(await (await get('/', cookieOf(signedIn))).json()).toEqual([null, null])
})
