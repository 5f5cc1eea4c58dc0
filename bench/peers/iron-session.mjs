import { getIronSession } from 'iron-session'
import { fakeRequest, FakeResponse } from './fake-http.mjs'

/** `getIronSession` of a request, and `save`. */
export const ironSessionPeer = {
  name: 'iron-session',
  kind: 'peer',
  operations: 200,
  inFlight: 16,
  create() {
    const options = {
      cookieName: 'session',
      password: 'a secret of thirty-two characters',
      cookieOptions: { secure: false },
    }
    const open = (header, response) => getIronSession(fakeRequest(header), response, options)
    return {
      async make(data) {
        const response = new FakeResponse()
        const session = await open('', response)
        Object.assign(session, data)
        await session.save()
        return response.setCookies
      },
      async read(header, key) {
        return (await open(header, new FakeResponse()))[key]
      },
      async change(header, key, next) {
        const response = new FakeResponse()
        const session = await open(header, response)
        session[key] = next(session[key])
        await session.save()
        return response.setCookies
      },
    }
  },
}
