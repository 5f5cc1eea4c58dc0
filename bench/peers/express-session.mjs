import expressSession from 'express-session'
import { fakeRequest, FakeResponse } from './fake-http.mjs'

/** Its middleware with its MemoryStore. The cookie is an id and stays; `end` is where it saves the session. */
export const expressSessionPeer = {
  name: 'express-session, in memory',
  kind: 'peer',
  inFlight: 16,
  create() {
    const middleware = expressSession({
      secret: 'a secret of thirty-two characters',
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: false },
      store: new expressSession.MemoryStore(),
    })
    const open = (request, response) => new Promise((resolve) => middleware(request, response, resolve))
    const write = (header, work) =>
      new Promise((resolve) => {
        const request = fakeRequest(header)
        const response = new FakeResponse(({ setCookies }) => resolve(setCookies))
        middleware(request, response, () => {
          work(request.session)
          response.end()
        })
      })
    return {
      make: (data) => write(undefined, (session) => Object.assign(session, data)),
      async read(header, key) {
        const request = fakeRequest(header)
        await open(request, new FakeResponse())
        return request.session[key]
      },
      change: (header, key, next) =>
        write(header, (session) => {
          session[key] = next(session[key])
        }),
    }
  },
}
