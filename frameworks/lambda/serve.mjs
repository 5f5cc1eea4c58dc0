// Calls handlers of Lambda as an HTTP API of API Gateway does, because Lambda's own server is not here.
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { sojourn } from 'sojourn/fetch'
import { createAnswer } from '../fetch-app.mjs'
import { handler } from './build/handler.js'
import { toLambda } from './build/lambda.js'
import { sessions } from './build/sessions.js'

const answer = createAnswer(sessions)
const others = toLambda(
  sojourn(sessions, async (request, session) => {
    const { pathname, search } = new URL(request.url)
    if (pathname !== '/echo') return answer(request, session)
    return new Response(request.method === 'POST' ? await request.arrayBuffer() : decodeURIComponent(search))
  }),
)

createServer(async (request, response) => {
  const call = request.url.startsWith('/handler') ? handler : others
  // Through JSON, because Lambda's events and results are JSON.
  const result = throughJson(await call(throughJson(await toEvent(request))))
  for (const [name, value] of Object.entries(result.headers)) response.setHeader(name, value)
  if (result.cookies.length > 0) response.appendHeader('Set-Cookie', result.cookies)
  response.writeHead(result.statusCode).end(Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8'))
}).listen(Number(process.env['PORT']), '127.0.0.1')

/** An event of payload version 2.0: names in lower case, cookies apart, and a body in base64 unless it is text. */
async function toEvent(request) {
  const { cookie, ...headers } = request.headers
  const { pathname, search } = new URL(request.url, 'http://localhost')
  const body = await buffer(request)
  const isText = /^(text\/|application\/(json|javascript|xml))/.test(headers['content-type'] ?? '')
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers,
    requestContext: { domainName: headers.host, http: { method: request.method, path: pathname } },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

function throughJson(value) {
  return JSON.parse(JSON.stringify(value))
}
