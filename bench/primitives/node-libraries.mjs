import cookieSession from 'cookie-session'
import expressSession from 'express-session'
import { getIronSession } from 'iron-session'
import Koa from 'koa'
import koaSession from 'koa-session'
import { mapOf, password } from '../sample-data.mjs'

const cookie = { sameSite: 'lax', secure: false }

/** Libraries that take the request and response of Node. These write their cookie, or save, when the response ends. */
export const nodeLibraries = [
  {
    name: 'cookie-session',
    create() {
      const middleware = cookieSession({ keys: [password], ...cookie })
      return (header) => {
        const [request, response] = [createRequest(header), createResponse()]
        middleware(request, response, () => {})
        return { ...mapOf(request.session), save: () => response.finish() }
      }
    },
  },
  {
    name: 'express-session, in memory',
    create() {
      const store = new expressSession.MemoryStore()
      const options = { secret: password, resave: false, saveUninitialized: false, cookie, store }
      const middleware = expressSession(options)
      return async (header) => {
        const [request, response] = [createRequest(header), createResponse()]
        await new Promise((resolve) => middleware(request, response, resolve))
        return { ...mapOf(request.session), save: () => response.finish() }
      }
    },
  },
  {
    name: 'koa-session',
    create() {
      const app = new Koa()
      app.keys = [password]
      const middleware = koaSession({ key: 'session', ...cookie }, app)
      return async (header) => {
        const response = createResponse()
        const context = app.createContext(createRequest(header), response)
        // The middleware saves once `next` has resolved. A mere read does not get there, as with the other libraries.
        let endHandler
        const handlerEnded = new Promise((resolve) => (endHandler = resolve))
        let saved
        await new Promise((resolve) => {
          saved = middleware(context, () => {
            resolve()
            return handlerEnded
          })
        })
        return {
          ...mapOf(context.session),
          async save() {
            endHandler()
            await saved
            return response.getHeader('set-cookie')
          },
        }
      }
    },
  },
  {
    name: 'iron-session',
    calls: 200,
    create() {
      const options = { cookieName: 'session', password, cookieOptions: cookie }
      return async (header) => {
        const response = createResponse()
        const session = await getIronSession(createRequest(header), response, options)
        return {
          ...mapOf(session),
          async save() {
            await session.save()
            return response.getHeader('set-cookie')
          },
        }
      }
    },
  },
]

/** Has the parts of a request that these libraries read. @param {string} [cookieHeader] */
function createRequest(cookieHeader) {
  const headers = { cookie: cookieHeader }
  return { headers, url: '/', originalUrl: '/', method: 'GET', socket: {}, connection: {} }
}

/** Has the parts of a response that these libraries use. `finish` resolves to its `Set-Cookie` headers. */
function createResponse() {
  const headers = {}
  const response = {
    statusCode: 200,
    headersSent: false,
    getHeader: (name) => headers[name.toLowerCase()],
    setHeader(name, value) {
      headers[name.toLowerCase()] = value
    },
    writeHead() {
      response.headersSent = true
    },
    _implicitHeader: () => response.writeHead(), // express-session calls this one of Node's
    end() {
      if (!response.headersSent) response.writeHead()
      response.onEnd()
    },
    onEnd() {},
    finish: () =>
      new Promise((resolve) => {
        response.onEnd = () => resolve(headers['set-cookie'])
        response.end()
      }),
  }
  return response
}
