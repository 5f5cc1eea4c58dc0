import flash from 'connect-flash'
import type { RequestHandler } from 'express'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import session, { type SessionOptions, type SessionManagement } from 'sojourn/compat/express-session'
import { describe, expect, it } from 'vitest'
import { withEachStore } from './stores.ts'
import { createApp, optionsWith, serve, type Visitor } from './visitor.ts'

interface User {
  readonly id: string
  readonly password: string
}

const users: readonly User[] = [
  { id: 'ada', password: 'analytical' },
  { id: 'grace', password: 'compiler' },
]

interface OpenedApp {
  readonly visitor: (cookie?: string) => Visitor
  readonly sessions: SessionManagement
  /** Resolves once a slow request has started, to the function that lets it change the session and answer. */
  readonly slow: Promise<() => void>
}

/** Passport's own functions that an application calls. They are typed for the application's user. */
type Authenticate = (strategy: string, options: object) => RequestHandler

/** An application with Passport, as its guide has it: a form to sign in, a page for users, a form to sign out. */
async function open(options: SessionOptions): Promise<OpenedApp> {
  const guard = new Passport()
  guard.use(
    new Strategy((username, password, done) => {
      const user = users.find(({ id }) => id === username)
      if (user === undefined) return done(null, false, { message: 'Unknown user' })
      if (user.password !== password) return done(null, false, { message: 'Wrong password' })
      return done(null, user)
    }),
  )
  guard.serializeUser((user, done) => done(null, (user as User).id))
  guard.deserializeUser((id, done) => done(null, users.find((user) => user.id === id) ?? false))
  const authenticate = guard.authenticate.bind(guard) as Authenticate
  const afterwards = { successRedirect: '/', failureRedirect: '/sign-in', failureFlash: true }

  let startedSlow: (finish: () => void) => void
  const slow = new Promise<() => void>((resolve) => (startedSlow = resolve))
  const sessions = session(options)
  const app = createApp().use(sessions, flash(), guard.session())
  app.post('/sign-in', authenticate('local', afterwards))
  app.post('/sign-in-and-keep', authenticate('local', { ...afterwards, keepSessionInfo: true }))
  app.post('/sign-in-with-messages', authenticate('local', { failureMessage: true, failureRedirect: '/messages' }))
  app.post('/sign-out', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.redirect('/')))
  })
  app.post('/basket', (req, res) => {
    req.session.basket = [...(req.session.basket ?? []), req.body.item]
    res.end()
  })
  app.post('/slow', (req, res) => {
    const finish = (): void => {
      req.session.basket = ['late']
      res.end()
    }
    startedSlow(finish)
  })
  app.get('/sign-in', (req, res) => void res.json(req.flash('error')))
  app.get('/messages', (req, res) => void res.json(req.session.messages ?? []))
  app.get('/', (req, res) => {
    const name = (req.user as User | undefined)?.id ?? null
    res.json({ name, isSignedIn: req.isAuthenticated(), basket: req.session.basket ?? [] })
  })
  return { visitor: await serve(app), sessions, slow }
}

const read = async (visitor: Visitor): Promise<unknown> => JSON.parse((await visitor.get('/')).text)
const guest = { name: null, isSignedIn: false, basket: [] }
const ada = { username: 'ada', password: 'analytical' }

describe(`Passport`, () => {
  withEachStore((store, isOurs) => {
    it('signs a user in, with a new id', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      await browser.post('/basket', { item: 'pen' })
      const before = browser.cookie

      expect(await browser.post('/sign-in', ada)).toMatchObject({ status: 302, location: '/' })

      expect(await read(browser)).toEqual({ name: 'ada', isSignedIn: true, basket: [] })
      expect(browser.cookie).not.toBe(before)
      expect(await read(visitor(before))).toEqual(guest)
    })

    it('keeps what a guest had if the application says so', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      await browser.post('/basket', { item: 'pen' })
      await browser.post('/sign-in-and-keep', ada)
      expect(await read(browser)).toEqual({ name: 'ada', isSignedIn: true, basket: ['pen'] })
    })

    it('tells once why a sign-in failed', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      expect(await browser.post('/sign-in', { username: 'ada', password: 'guess' })).toMatchObject({
        status: 302,
        location: '/sign-in',
      })
      expect((await browser.get('/sign-in')).text).toBe('["Wrong password"]')
      expect((await browser.get('/sign-in')).text).toBe('[]')
      expect(await read(browser)).toEqual(guest)
    })

    it('keeps failure messages in the session', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      for (const username of ['ada', 'eve']) await browser.post('/sign-in-with-messages', { username, password: 'x' })
      expect((await browser.get('/messages')).text).toBe('["Wrong password","Unknown user"]')
    })

    it('signs a user out, and a copy of the cookie opens nothing', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      await browser.post('/sign-in', ada)
      const copy = browser.cookie

      expect(await browser.post('/sign-out')).toMatchObject({ status: 302, location: '/' })

      expect(await read(browser)).toEqual(guest)
      expect(await read(visitor(copy))).toEqual(guest)
    })

    it('keeps a user signed out whose slow request was under way', async () => {
      const { visitor, slow } = await open(optionsWith(store()))
      const browser = visitor()
      await browser.post('/sign-in', ada)
      const copy = browser.cookie

      const answered = visitor(copy).post('/slow')
      const finish = await slow
      await browser.post('/sign-out')
      finish()
      await answered

      expect(await read(visitor(copy))).toEqual(guest)
      expect(await read(browser)).toEqual(guest)
    })

    it('signs another user in after the first', async () => {
      const { visitor } = await open(optionsWith(store()))
      const browser = visitor()
      await browser.post('/sign-in', ada)
      await browser.post('/basket', { item: 'pen' })
      await browser.post('/sign-in', { username: 'grace', password: 'compiler' })
      expect(await read(browser)).toEqual({ name: 'grace', isSignedIn: true, basket: [] })
    })

    if (!isOurs) return

    it('lists the sessions of Passport’s users, and ends them', async () => {
      const { visitor, sessions } = await open(optionsWith(store()))
      const [phone, laptop, other] = [visitor(), visitor(), visitor()]
      await phone.post('/sign-in', ada)
      await laptop.post('/sign-in-and-keep', ada)
      await other.post('/sign-in', { username: 'grace', password: 'compiler' })

      expect(await sessions.list('ada')).toHaveLength(2)
      await sessions.revokeAll('ada')

      expect(await read(phone)).toEqual(guest)
      expect(await read(laptop)).toEqual(guest)
      expect(await read(other)).toMatchObject({ name: 'grace' })
    })
  })
})
