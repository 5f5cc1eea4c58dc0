import flash from 'connect-flash'
import csurf from 'csurf'
import express, { type Express, type RequestHandler } from 'express'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { describe, expect, it } from 'vitest'
import { cookieSession, keys, sessionOf, start, visitor } from './serve.ts'

const form = (values: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(values) })

/** An application as the documentation of Passport has it. */
function usePassport(sessions: RequestHandler): (app: Express) => void {
  const passport = new Passport()
  passport.use(new Strategy((name, password, done) => done(null, password === 'secret' ? { id: name } : false)))
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  return (app) => {
    app.use(express.urlencoded({ extended: false }), sessions, flash() as RequestHandler, passport.session())
    app.get('/set', (req, res) => {
      sessionOf(req)['cart'] = ['tea']
      res.end()
    })
    for (const keepSessionInfo of [true, false]) {
      const options = { failureRedirect: '/no', failureFlash: 'Wrong password.', keepSessionInfo }
      app.post(keepSessionInfo ? '/login-keep' : '/login', passport.authenticate('local', options), (req, res) => {
        req.flash('info', 'Welcome.')
        res.redirect('/')
      })
    }
    app.get('/no', (req, res) => void res.json(req.flash('error')))
    app.get('/', (req, res) => {
      const { cart = null } = sessionOf(req)
      res.json({ user: req.user ?? null, cart: cart as unknown, flash: req.flash('info') })
    })
    app.post('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.redirect('/'))))
  }
}

describe.each([
  ['in cookies', () => ({})],
  ['in a store', () => ({ store: memoryStore() })],
])('Passport and connect-flash, %s', (where, more) => {
  async function application() {
    const sessions = cookieSession({ keys, ...more() })
    const server = { origin: await start(null, usePassport(sessions)) }
    return { server, sessions, get: visitor(server) }
  }

  it('sign in, keep the guest’s data, and leave flash messages', async () => {
    const { server, sessions, get } = await application()
    await get('/set')
    const failed = await get('/login-keep', form({ username: 'ada', password: 'no' }))
    expect(failed.headers.get('Location')).toBe('/no')
    expect(await (await get('/no')).json()).toEqual(['Wrong password.'])
    const guest = visitor(server, new Map(get.jar))

    expect((await get('/login-keep', form({ username: 'ada', password: 'secret' }))).status).toBe(302)
    const home = { user: { id: 'ada' }, cart: ['tea'] }
    expect(await (await get('/')).json()).toEqual({ ...home, flash: ['Welcome.'] })
    expect(await (await get('/')).json()).toEqual({ ...home, flash: [] })
    // The guest's session has ended.
    expect(await (await guest('/')).json()).toMatchObject({ user: null, cart: null })
    if (where === 'in a store') expect(await sessions.list('ada')).toHaveLength(1)
  })

  it('drop the guest’s data without keepSessionInfo', async () => {
    const { get } = await application()
    await get('/set')
    await get('/login', form({ username: 'ada', password: 'secret' }))
    expect(await (await get('/')).json()).toEqual({ user: { id: 'ada' }, cart: null, flash: ['Welcome.'] })
  })

  it('sign out for good', async () => {
    const { server, sessions, get } = await application()
    await get('/login', form({ username: 'ada', password: 'secret' }))
    const copy = visitor(server, new Map(get.jar))
    expect((await get('/logout', { method: 'POST' })).status).toBe(302)
    for (const each of [get, copy]) expect(await (await each('/')).json()).toMatchObject({ user: null })
    if (where === 'in a store') expect(await sessions.list('ada')).toEqual([])
  })
})

it('gives csurf a place for its secret', async () => {
  const get = visitor({
    origin: await start(cookieSession(), (app) => {
      app.use(csurf())
      app.get('/', (req, res) => res.end((req as express.Request & { csrfToken(): string }).csrfToken()))
      app.post('/', (_req, res) => res.end('done'))
    }),
  })
  const token = await (await get('/')).text()
  const post = async (sent: string) => get('/', { method: 'POST', headers: { 'X-CSRF-Token': sent } })
  expect((await post(token)).status).toBe(200)
  expect((await post('guessed')).status).toBe(403)
})
