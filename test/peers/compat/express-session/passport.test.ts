import flash from 'connect-flash'
import { csrfSync } from 'csrf-sync'
import csurf from 'csurf'
import express, { type Express } from 'express'
import formerSession from 'express-session'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import session from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it } from 'vitest'
import { cookieOf, options, serve } from './serve.ts'

const form = (values: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(values) })

/** An application as the documentation of Passport has it. */
function usePassport(app: Express, sessions: express.RequestHandler, holds: (() => void)[]): void {
  const passport = new Passport()
  passport.use(new Strategy((name, password, done) => done(null, password === 'secret' ? { id: name } : false)))
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  app.use(express.urlencoded({ extended: false }), sessions, flash(), passport.session())
  app.get('/set', (req, res) => {
    req.session.cart = ['tea']
    res.end()
  })
  const keep = { failureRedirect: '/no', failureFlash: 'Wrong password.', keepSessionInfo: true }
  app.post('/login', passport.authenticate('local', keep), (req, res) => {
    req.flash('info', 'Welcome.')
    res.redirect('/')
  })
  app.get('/no', (req, res) => void res.json(req.flash('error')))
  app.get(
    '/',
    (req, res) => void res.json({ user: req.user ?? null, cart: req.session.cart ?? null, flash: req.flash('info') }),
  )
  app.get('/slow', (req, res) => {
    holds.push(() => {
      req.session.visits = 1
      res.end()
    })
  })
  app.post('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.redirect('/'))))
}

describe.each([
  ['a store of Sojourn', () => memoryStore()],
  ['a store of express-session', () => new formerSession.MemoryStore()],
])('Passport and connect-flash on %s', (_name, open) => {
  async function application() {
    const holds: (() => void)[] = []
    const sessions = session(options({ store: open() }))
    const request = await serve((app) => usePassport(app, sessions, holds))
    return { request, sessions, holds }
  }

  it('sign in, keep the guest’s data, and leave flash messages', async () => {
    const { request, sessions } = await application()
    const guest = cookieOf(await request('/set'))
    const failed = await request('/login', guest, form({ username: 'ada', password: 'no' }))
    expect(failed.headers.get('Location')).toBe('/no')
    expect(await (await request('/no', guest)).json()).toEqual(['Wrong password.'])

    const login = await request('/login', guest, form({ username: 'ada', password: 'secret' }))
    const cookie = cookieOf(login)
    expect([login.status, cookie === guest]).toEqual([302, false])
    const home = { user: { id: 'ada' }, cart: ['tea'] }
    expect(await (await request('/', cookie)).json()).toEqual({ ...home, flash: ['Welcome.'] })
    expect(await (await request('/', cookie)).json()).toEqual({ ...home, flash: [] })
    expect(await (await request('/', guest)).json()).toMatchObject({ user: null, cart: null })
    if (_name === 'a store of Sojourn') expect(await sessions.list('ada')).toHaveLength(1)
  })

  it('sign out for good, also while a slower request is under way', async () => {
    const { request, sessions, holds } = await application()
    const cookie = cookieOf(await request('/login', '', form({ username: 'ada', password: 'secret' })))
    const slow = request('/slow', cookie)
    while (holds.length === 0) await new Promise(setImmediate)
    const out = await request('/logout', cookie, { method: 'POST' })
    expect(out.status).toBe(302)
    holds[0]!()
    expect(cookieOf(await slow)).toBe('')
    for (const each of [cookie, cookieOf(out)])
      expect(await (await request('/', each)).json()).toMatchObject({ user: null })
    if (_name === 'a store of Sojourn') expect(await sessions.list('ada')).toEqual([])
  })
})

const { csrfSynchronisedProtection } = csrfSync({ getTokenFromRequest: (req) => req.headers['x-csrf-token'] as string })
it.each([
  ['csurf', csurf()],
  ['csrf-sync', csrfSynchronisedProtection],
])('%s keeps its secret in the session', async (_name, protect) => {
  const request = await serve((app) => {
    app.use(session(options({ store: memoryStore() })), protect)
    app.get('/', (req, res) => res.end((req as express.Request & { csrfToken(): string }).csrfToken()))
    app.post('/', (_req, res) => res.end('done'))
  })
  const page = await request('/')
  const token = await page.text()
  const post = async (sent: string) =>
    request('/', cookieOf(page), { method: 'POST', headers: { 'X-CSRF-Token': sent } })
  expect((await post(token)).status).toBe(200)
  expect((await post('guessed')).status).toBe(403)
})
