import cookieSession from 'cookie-session'
import { fakeRequest, FakeResponse } from './fake-http.mjs'

/** Its middleware; `writeHead` is where it writes its two cookies. */
export const cookieSessionPeer = {
  name: 'cookie-session',
  kind: 'peer',
  create() {
    const middleware = cookieSession({ keys: ['a secret of thirty-two characters'], sameSite: 'lax', secure: false })
    function open(header) {
      const request = fakeRequest(header)
      const response = new FakeResponse()
      middleware(request, response, () => {})
      return { request, response }
    }
    return {
      make(data) {
        const { request, response } = open(undefined)
        request.session = data
        response.end()
        return response.setCookies
      },
      read: (header, key) => open(header).request.session[key],
      change(header, key, next) {
        const { request, response } = open(header)
        request.session[key] = next(request.session[key])
        response.end()
        return response.setCookies
      },
    }
  },
}
