import type { ServerResponse } from 'node:http'
import { createGunzip, createGzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { request } from 'node:http'
import { signedIn } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { servingListener, type Listener, type NodeStyle } from './listeners.ts'
import { cookieNames, privacyOf } from './serving.ts'

/** Compresses a response by taking its methods' place, as the middleware of that name does. */
function compress(res: ServerResponse): void {
  const { writeHead, write, end } = res
  const gzip = createGzip()
  let begun = false
  function begin(): void {
    if (begun) return
    begun = true
    res.removeHeader('Content-Length')
    res.setHeader('Content-Encoding', 'gzip')
    const vary = res.getHeader('Vary')
    res.setHeader('Vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`)
  }
  res.writeHead = ((...values: unknown[]) => {
    begin()
    return writeHead.apply(res, values as never)
  }) as typeof res.writeHead
  res.write = ((chunk: string) => {
    begin()
    return gzip.write(chunk)
  }) as typeof res.write
  res.end = ((chunk?: string) => {
    begin()
    gzip.end(chunk)
    return res
  }) as typeof res.end
  gzip.on('data', (chunk) => void (write.call(res, chunk, 'latin1') || gzip.pause()))
  res.on('drain', () => gzip.resume())
  gzip.on('end', () => end.apply(res, [] as never))
}

const large = Array.from({ length: 60_000 }, (_, n) => `${n} ${(n * 7919) % 10_007}`).join('\n')

const sends: [string, (res: ServerResponse) => void, string][] = [
  ['end', (res) => res.end('text'), 'text'],
  ['write and end', (res) => void [res.write('one '), res.end('two')], 'one two'],
  ['writeHead and end', (res) => void res.writeHead(201, { 'X-Own': '1' }).end('text'), 'text'],
  ['a large body', (res) => void [res.write(large), res.end()], large],
]

type WriteHead = (...values: unknown[]) => ServerResponse

/** Middleware that sets headers as they leave, in the ways of the packages that do. */
const fronts: [string, (res: ServerResponse, writeHead: WriteHead, values: unknown[]) => unknown][] = [
  [
    'setHeader',
    (res, writeHead, values) => {
      res.setHeader('Cache-Control', 'public, max-age=60')
      res.setHeader('CDN-Cache-Control', 'max-age=60')
      res.setHeader('X-Front', '1')
      return writeHead.apply(res, values)
    },
  ],
  [
    'its arguments',
    (res, writeHead, [status]) =>
      writeHead.call(res, status, { 'Cache-Control': 'public, max-age=60', Expires: 'never', 'X-Front': '1' }),
  ],
  [
    'an array of headers',
    (res, writeHead, [status]) => writeHead.call(res, status, ['Cache-Control', 'public, max-age=60', 'X-Front', '1']),
  ],
  [
    'removing ours',
    (res, writeHead, values) => {
      for (const name of ['Cache-Control', 'Vary', 'Set-Cookie']) res.removeHeader(name)
      res.setHeader('X-Front', '1')
      return writeHead.apply(res, values)
    },
  ],
]

/** Middleware that wraps the response, on either side of ours. */
export function wrapped(style: NodeStyle, arrange: Arrange): void {
  describe.each(['in front of', 'behind'])('compression %s ours', (where) => {
    it.each(sends)('sends the same text by %s, and our headers', async (_, send, text) => {
      const listener: Listener = (req, res) => {
        if (where === 'behind') compress(res)
        req.session.data['n'] = 1
        send(res)
      }
      const { port } = await servingListener({ style, arrange }, listener, (_req, res, next) => {
        if (where === 'in front of') compress(res)
        next()
      })
      const got = await unzipped(port)

      expect(got.body === text).toBe(true)
      expect(cookieNames(got)).toEqual(['__Host-Http-guest'])
      const { vary, cacheControl } = privacyOf(got)
      expect([vary!.split(', ').toSorted(), cacheControl]).toEqual([['Accept-Encoding', 'Cookie'], 'no-store'])
    })
  })
}

/** Middleware in front that sets headers as they leave, after ours are on the response. */
export function fronted(style: NodeStyle, arrange: Arrange): void {
  it.each(fronts)(
    'a page that read the session stays private behind middleware that sets headers by %s',
    async (_, front) => {
      const { ask, ...visited } = await servingListener(
        { style, arrange },
        (req, res) => {
          if (req.headers['x-user'] === 'changes') req.session.data['n'] = 1
          if (req.headers['x-user'] !== 'alone') void req.session.userId
          res.end('text')
        },
        (_req, res, next) => {
          const { writeHead } = res
          res.writeHead = ((...values: unknown[]) => front(res, writeHead as WriteHead, values)) as typeof writeHead
          next()
        },
      )
      const { cookie } = await signedIn(visited)
      const ours = { vary: 'Cookie', cacheControl: 'no-store' }
      for (const [user, names] of [
        ['reads', []],
        ['changes', ['__Host-Http-session']],
      ] as const) {
        const got = await ask({ cookie, headers: { 'x-user': user } })

        expect([privacyOf(got), cookieNames(got), got.headers.get('X-Front')]).toEqual([ours, names, '1'])
        expect([got.headers.get('CDN-Cache-Control'), got.headers.get('Expires')]).toEqual([null, null])
      }
      const alone = await ask({ cookie, headers: { 'x-user': 'alone' } })
      expect(privacyOf(alone).cacheControl).not.toBe('no-store')
    },
  )
}

function unzipped(port: number): Promise<{ headers: Headers; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, timeout: 5000 }, (response) => {
      const headers = new Headers()
      for (let at = 0; at < response.rawHeaders.length; at += 2)
        headers.append(response.rawHeaders[at]!, response.rawHeaders[at + 1]!)
      let body = ''
      response
        .pipe(createGunzip())
        .setEncoding('utf8')
        .on('data', (text: string) => void (body += text))
        .on('end', () => resolve({ headers, body }))
        .on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('No answer.'))).on('error', reject)
    sent.end()
  })
}
