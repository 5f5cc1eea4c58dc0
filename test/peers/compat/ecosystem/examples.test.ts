import type { Express, RequestHandler } from 'express'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { describe, expect, it } from 'vitest'
import { withEachStore } from './stores.ts'
import { createApp, optionsWith, serve } from './visitor.ts'

// Small applications of the kinds that Express shows among its examples, in our words.

/** A sign-in with a page for members. Messages for the next page are in the session, and the middleware gives them to it once. */
function createClub(options: SessionOptions): Express {
  const members = new Map([['ada', 'analytical']])
  const takeNotices: RequestHandler = (req, res, next) => {
    res.locals['notices'] = req.session.notices ?? []
    delete req.session.notices
    next()
  }
  const onlyMembers: RequestHandler = (req, res, next) => {
    if (req.session.member !== undefined) return next()
    req.session.notices = ['Members only']
    res.redirect('/sign-in')
  }
  const app = createApp().use(session(options), takeNotices)
  app.get('/sign-in', (_req, res) => void res.json(res.locals['notices']))
  app.post('/sign-in', (req, res, next) => {
    const { name, password } = req.body
    if (members.get(name) !== password) {
      req.session.notices = ['Wrong name or password']
      return res.redirect('/sign-in')
    }
    // The new id is saved before the redirect leaves, so that the next page finds the user.
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.member = name
      req.session.notices = [`Welcome, ${name}`]
      req.session.save((failure) => (failure ? next(failure) : res.redirect('/members')))
    })
  })
  app.get('/members', onlyMembers, (req, res) => void res.json([req.session.member, ...res.locals['notices']]))
  app.get('/sign-out', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.redirect('/sign-in')))
  })
  return app
}

describe('a sign-in with messages', () => {
  withEachStore((store) => {
    const open = async () => serve(createClub(optionsWith(store())))

    it('shows the page for members to members only', async () => {
      const browser = (await open())()
      expect(await browser.get('/members')).toMatchObject({ location: '/sign-in' })
      expect((await browser.get('/sign-in')).text).toBe('["Members only"]')

      expect(await browser.post('/sign-in', { name: 'ada', password: 'guess' })).toMatchObject({ location: '/sign-in' })
      expect((await browser.get('/sign-in')).text).toBe('["Wrong name or password"]')
      expect((await browser.get('/sign-in')).text).toBe('[]')

      expect(await browser.post('/sign-in', { name: 'ada', password: 'analytical' })).toMatchObject({
        location: '/members',
      })
      expect((await browser.get('/members')).text).toBe('["ada","Welcome, ada"]')
      expect((await browser.get('/members')).text).toBe('["ada"]')
    })

    it('signs out for good', async () => {
      const visitor = await open()
      const browser = visitor()
      await browser.post('/sign-in', { name: 'ada', password: 'analytical' })
      const copy = browser.cookie
      expect(await browser.get('/sign-out')).toMatchObject({ location: '/sign-in' })
      expect(await browser.get('/members')).toMatchObject({ location: '/sign-in' })
      expect(await visitor(copy).get('/members')).toMatchObject({ location: '/sign-in' })
    })
  })
})

describe('a count of visits for each page', () => {
  withEachStore((store) => {
    async function open(more: SessionOptions = {}) {
      const app = createApp().use(session({ ...optionsWith(store()), ...more }))
      app.use((req, _res, next) => {
        const pages = (req.session.pages ??= {})
        pages[req.path] = (pages[req.path] ?? 0) + 1
        next()
      })
      app.get('/{*page}', (req, res) => {
        const seconds = req.session.cookie.maxAge && Math.round(req.session.cookie.maxAge / 1000)
        res.json([req.session.pages![req.path], seconds])
      })
      return serve(app)
    }

    it('counts each page of each visitor', async () => {
      const visitor = await open()
      const browser = visitor()
      expect((await browser.get('/one')).text).toBe('[1,null]')
      expect((await browser.get('/one')).text).toBe('[2,null]')
      expect((await browser.get('/two')).text).toBe('[1,null]')
      expect((await visitor().get('/one')).text).toBe('[1,null]')
    })

    it('says how long the session lives', async () => {
      const browser = (await open({ cookie: { maxAge: 60_000 }, resave: true, saveUninitialized: true }))()
      expect((await browser.get('/one')).text).toBe('[1,60]')
      expect((await browser.get('/one')).text).toBe('[2,60]')
    })

    it('starts again for a cookie that someone made up', async () => {
      const visitor = await open()
      await visitor().get('/one')
      expect((await visitor('connect.sid=s%3Aforged.signature').get('/one')).text).toBe('[1,null]')
    })
  })
})
