import Koa from 'koa'
import koaSession from 'koa-session'
import { fakeRequest, FakeResponse } from './fake-http.mjs'

/** Its middleware on a context of Koa, which commits behind every handler: a read is an open and a commit as well. */
export const koaSessionPeer = {
  name: 'koa-session',
  kind: 'peer',
  inFlight: 16,
  create() {
    const app = new Koa()
    app.keys = ['a secret of thirty-two characters']
    const middleware = koaSession({ key: 'session', sameSite: 'lax', secure: false }, app)
    async function through(header, work) {
      const response = new FakeResponse()
      const context = app.createContext(fakeRequest(header), response)
      let value
      await middleware(context, async () => {
        value = work(context.session)
      })
      return { value, setCookies: response.setCookies }
    }
    return {
      make: async (data) => (await through(undefined, (session) => Object.assign(session, data))).setCookies,
      read: async (header, key) => (await through(header, (session) => session[key])).value,
      async change(header, key, next) {
        const { setCookies } = await through(header, (session) => {
          session[key] = next(session[key])
        })
        return setCookies
      },
    }
  },
}
