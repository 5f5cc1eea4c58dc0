import flash from 'connect-flash'
import { csrfSync } from 'csrf-sync'
import csurf from 'csurf'
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { describe, expect, it } from 'vitest'
import { withEachStore } from './stores.ts'
import { createApp, optionsWith, serve } from './visitor.ts'

/** A library that protects forms: its middleware, and how a page gets the token of its form. */
interface Protection {
  readonly middleware: RequestHandler
  tokenOf(request: Request): string
}

const protections: Readonly<Record<string, () => Protection>> = {
  csurf: () => ({ middleware: csurf(), tokenOf: (request) => request.csrfToken!() }),
  'csrf-sync': () => {
    const { csrfSynchronisedProtection, generateToken } = csrfSync({
      getTokenFromRequest: (request) => request.body._csrf,
    })
    return { middleware: csrfSynchronisedProtection, tokenOf: (request) => generateToken(request) }
  },
}

function shopWith(options: SessionOptions, { middleware, tokenOf }: Protection): Express {
  const app = createApp().use(session(options), middleware)
  app.get('/form', (req, res) => void res.end(tokenOf(req)))
  app.post('/order', (req, res) => void res.end(`ordered ${req.body.item}`))
  app.post('/sign-in', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.member = 'ada'
      res.end()
    })
  })
  const onError: ErrorRequestHandler = (error, _req, res, _next) =>
    void res.status(error.status ?? error.statusCode).end()
  return app.use(onError)
}

for (const [name, protect] of Object.entries(protections)) {
  describe(`forms with ${name}`, () => {
    withEachStore((store) => {
      const open = async () => serve(shopWith(optionsWith(store()), protect()))

      it('accepts a form of the same session, more than once', async () => {
        const browser = (await open())()
        const { text: _csrf } = await browser.get('/form')
        expect(await browser.post('/order', { _csrf, item: 'pen' })).toMatchObject({ status: 200, text: 'ordered pen' })
        expect(await browser.post('/order', { _csrf, item: 'ink' })).toMatchObject({ status: 200, text: 'ordered ink' })
      })

      it('refuses a form without a token, and one of another session', async () => {
        const visitor = await open()
        const [browser, other] = [visitor(), visitor()]
        await browser.get('/form')
        const { text: _csrf } = await other.get('/form')
        expect(await browser.post('/order', { item: 'pen' })).toMatchObject({ status: 403 })
        expect(await browser.post('/order', { _csrf, item: 'pen' })).toMatchObject({ status: 403 })
      })

      it('refuses a form from before the sign-in', async () => {
        const browser = (await open())()
        const { text: _csrf } = await browser.get('/form')
        expect(await browser.post('/sign-in', { _csrf })).toMatchObject({ status: 200 })
        expect(await browser.post('/order', { _csrf, item: 'pen' })).toMatchObject({ status: 403 })
      })
    })
  })
}

describe('connect-flash', () => {
  withEachStore((store) => {
    async function open() {
      const app = createApp().use(session(optionsWith(store())), flash())
      app.post('/save', (req, res) => {
        req.flash('info', 'Saved %s', req.body.name)
        req.flash('info', 'Mailed')
        req.flash('warning', ['Low on ink', 'Low on paper'])
        res.redirect('/')
      })
      app.get('/', (req, res) => void res.json(req.flash()))
      return serve(app)
    }

    it('shows each message once, on the page after a redirect', async () => {
      const browser = (await open())()
      expect(await browser.post('/save', { name: 'letter' })).toMatchObject({ status: 302 })
      expect(JSON.parse((await browser.get('/')).text)).toEqual({
        info: ['Saved letter', 'Mailed'],
        warning: ['Low on ink', 'Low on paper'],
      })
      expect((await browser.get('/')).text).toBe('{}')
    })

    it('shows none to another visitor', async () => {
      const visitor = await open()
      await visitor().post('/save', { name: 'letter' })
      expect((await visitor().get('/')).text).toBe('{}')
    })
  })
})
