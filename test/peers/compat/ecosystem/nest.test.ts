import { Body, Ip, Post, Req, Session } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import type { Request } from 'express'
import type * as expressSession from 'express-session'
import { promisify } from 'node:util'
import session from 'sojourn/compat/express-session'
import { describe, expect, it } from 'vitest'
import { listenNest, nestApp, nestController, nestModule } from '../../../support/nest.ts'
import { withEachStore } from './stores.ts'
import { createVisitor, optionsWith, type Visitor } from './visitor.ts'

type NestSession = expressSession.Session & Partial<expressSession.SessionData>

/** A controller as Nest's guide to sessions has it: with the decorator `@Session()`, and with the request. */
const Pages = nestController({
  visits: {
    parameters: [Session()],
    handle(current: NestSession) {
      current.pages = { all: (current.pages?.['all'] ?? 0) + 1 }
      return current.pages['all']
    },
  },
  who: { parameters: [Session(), Ip()], handle: (current: NestSession) => current.member ?? 'a guest' },
  'sign-in': {
    parameters: [Req(), Body('name')],
    decorators: [Post('sign-in')],
    handle: async (request: Request, name: string) => {
      await promisify(request.session.regenerate).call(request.session)
      request.session.member = name
      return 'welcome'
    },
  },
  'sign-out': {
    parameters: [Session()],
    decorators: [Post('sign-out')],
    handle: async (current: NestSession) => {
      await promisify(current.destroy).call(current)
      return 'goodbye'
    },
  },
  fail: {
    parameters: [Session()],
    handle(current: NestSession) {
      current.pages = { failed: 1 }
      throw new Error('of the handler')
    },
  },
})

describe('Nest on Express', () => {
  withEachStore((store) => {
    async function open(): Promise<(cookie?: string) => Visitor> {
      const app = await nestApp(nestModule({ controllers: [Pages] }), () => new ExpressAdapter())
      app.use(session(optionsWith(store())))
      const port = await listenNest(app)
      return (cookie) => createVisitor(port, cookie)
    }

    it('counts the visits of each visitor', async () => {
      const visitor = await open()
      const browser = visitor()
      expect((await browser.get('/visits')).text).toBe('1')
      expect((await browser.get('/visits')).text).toBe('2')
      expect((await visitor().get('/visits')).text).toBe('1')
    })

    it('signs in with a new id, and out for good', async () => {
      const visitor = await open()
      const browser = visitor()
      await browser.get('/visits')
      const before = browser.cookie
      await browser.post('/sign-in', { name: 'ada' })
      expect((await browser.get('/who')).text).toBe('ada')
      expect(browser.cookie).not.toBe(before)

      const copy = browser.cookie
      expect((await browser.post('/sign-out')).text).toBe('goodbye')
      expect((await visitor(copy).get('/who')).text).toBe('a guest')
      expect((await browser.get('/who')).text).toBe('a guest')
    })

    it('answers an error of a handler with 500', async () => {
      const browser = (await open())()
      expect(await browser.get('/fail')).toMatchObject({ status: 500 })
    })
  })
})
