import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type Responder = (res: ServerResponse, req: IncomingMessage) => unknown
/** Ways to answer by their name, and the headers of the request to which it is the answer. */
export type Ways = [name: string, way: Responder, asked?: IncomingHttpHeaders][]

// Created each time: a test of its own shows that shared objects are left as they are.
const own = () => ({
  'X-Own': '1',
  Vary: 'Accept-Encoding',
  'Cache-Control': 'public, max-age=60',
  'Set-Cookie': ['theme=dark; Path=/', 'lang=en'],
})
const flat = () => ['X-Own', '1', 'X-Own', '2', 'Set-Cookie', 'theme=dark', 'Set-Cookie', 'lang=en', 'Vary', 'Origin']

const writes: Record<string, Responder> = {
  'end()': (res) => res.end(),
  'end with a text': (res) => res.end('text'),
  'end with bytes': (res) => res.end(Buffer.from('bytes')),
  'end with an encoding': (res) => res.end('dGV4dA==', 'base64'),
  'end with a callback': (res) => res.end(() => {}),
  'end with null': (res) => res.end(null),
  'write, then end': (res) => void [res.write('one '), res.end('two')],
  'write with an encoding and a callback': (res) => void [res.write('6f6e65', 'hex', () => {}), res.end()],
  'several writes of bytes': (res) => void [res.write(Buffer.from('a')), res.write(Buffer.from('b')), res.end()],
  'writes that are corked': (res) => void [res.cork(), res.write('one '), res.write('two'), res.uncork(), res.end()],
  'flushHeaders, then write': (res) => void [res.flushHeaders(), res.write('one'), res.end()],
  'flushHeaders with headers that are set': (res) => void [setOwn(res), res.flushHeaders(), res.end('one')],
  'a write, and the end a moment later': (res) => void [res.write('one '), setTimeout(() => res.end('two'), 10)],
  'an end with a trailer': (res, req) => {
    // Node throws where there is no body to end.
    if (req.method === 'HEAD') return res.end()
    res.setHeader('Trailer', 'X-Sum')
    res.write('one')
    res.addTrailers({ 'X-Sum': '1' })
    return res.end()
  },
}

const headed: Record<string, Responder> = {
  'writeHead(status)': (res) => res.writeHead(201).end('text'),
  'writeHead(status) with headers that are set': (res) => setOwn(res).writeHead(201).end('text'),
  'writeHead(status, object)': (res) => res.writeHead(201, own()).end('text'),
  'writeHead(status, object) with one cookie': (res) => res.writeHead(200, { 'Set-Cookie': 'theme=dark' }).end('text'),
  'writeHead(status, object) over headers that are set': (res) =>
    setOwn(res).writeHead(200, { 'x-own': '2', vary: 'Accept', 'Set-Cookie': 'theme=light' }).end('text'),
  'writeHead(status, object) with a length': (res) => res.writeHead(200, { 'Content-Length': 4 }).end('text'),
  'writeHead(status, message)': (res) => res.writeHead(200, 'Fine').end('text'),
  'writeHead(status, message, object)': (res) => res.writeHead(200, 'Fine', own()).end('text'),
  'writeHead(status, flat array)': (res) => res.writeHead(200, flat()).end('text'),
  'writeHead(status, message, flat array)': (res) => res.writeHead(200, 'Fine', flat()).end('text'),
  'writeHead(status, flat array) over headers that are set': (res) =>
    setOwn(res).writeHead(200, ['X-Own', '2', 'Set-Cookie', 'theme=light', 'Vary', 'Origin']).end('text'),
  'writeHead(status, array of pairs)': (res) =>
    res.writeHead(200, [['X-Own', '1'], ['Set-Cookie', 'theme=dark'], ['Set-Cookie', 'lang=en'], ['Vary', '*']] as never).end('text'), // prettier-ignore
  'writeHead(status, undefined)': (res) => res.writeHead(200, undefined).end('text'),
  'writeHead, and the end a moment later': (res) =>
    void [res.writeHead(200, own()), setTimeout(() => res.end('text'), 10)],
  'writeHead, write, end': (res) => void [res.writeHead(200, own()), res.write('one '), res.end('two')],
  'writeHead of a redirect': (res) => res.writeHead(302, { Location: '/next' }).end(),
  'writeHead of a 304': (res) => res.writeHead(304, { ETag: '"x"' }).end(),
  'writeHead of a 204': (res) => res.writeHead(204).end(),
  'a status, a message and headers that are set': (res) => {
    res.statusCode = 299
    res.statusMessage = 'Somehow'
    setOwn(res).end('text')
  },
  'headers of a Headers object': (res) => void [res.setHeaders(new Headers([['X-Own', '1']])), res.end('text')],
  'a Vary of several values': (res) => res.setHeader('Vary', ['Accept-Encoding', 'Origin']).end('text'),
  'a response without a date': (res) => void [(res.sendDate = false), res.end('text')],
}

const others: Record<string, Responder> = {
  'a stream that is piped': (res) => Readable.from(['one ', 'two']).pipe(res),
  'a pipeline': (res) => pipeline(Readable.from([Buffer.from('one '), Buffer.from('two')]), res),
  'a pipeline of a large body': (res) =>
    pipeline(Readable.from(Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(50_000, '.'))), res),
  'an answer that echoes its request': (res, req) => req.pipe(res),
  'early hints before the answer': (res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload' })
    setTimeout(() => res.end('text'), 5)
  },
  'a 100 before the answer': (res) => void [res.writeContinue(), res.end('text')],
  'a 102 before the answer': (res) => void [res.writeProcessing(), res.end('text')],
  'a second end': (res) => void [res.end('text'), res.end()],
  'a second end a little later': async (res) => {
    res.end('text')
    await Promise.resolve()
    res.end('more')
  },
  'a second end later': (res) => void [res.end('text'), setImmediate(() => res.end('more'))],
  'a second end much later': (res) => void [res.end('text'), setTimeout(() => res.end('more'), 5)],
  'a write after the end': (res) => void [res.end('text'), setImmediate(() => res.write('more'))],
  'an answer that comes later': (res) => void setTimeout(() => res.end('text'), 5),
  'a 500 of the handler': (res) => res.writeHead(500).end('Sorry'),
}

/** The ways in which a handler sends a response, each with the first header that Node sends inside of it. */
export const ways: Ways = Object.entries({ ...writes, ...headed, ...others })

function setOwn(res: ServerResponse): ServerResponse {
  for (const [name, value] of Object.entries(own())) res.setHeader(name, value)
  return res
}
