import { Duplex } from 'node:stream'
import { cookieHeader } from '../cookies.mjs'

/**
 * Connects to a server in memory, without a socket. The operating system's part of a request is the same for all, it differs
 * the most from one moment to the next, and it is larger than a session. Returns a function that sends a request and resolves
 * to the response.
 *
 * @param {import('node:http').Server} server
 * @returns {(request: Buffer) => Promise<string>}
 */
export function connect(server) {
  let received = ''
  let respond
  const socket = new Duplex({
    decodeStrings: false,
    read() {},
    write(chunk, _encoding, done) {
      received += chunk
      done()
      if (!isComplete(received)) return
      setImmediate(respond, received) // after all that the server does for this request
      received = ''
    },
  })
  for (const name of ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref']) socket[name] = () => socket
  socket.remoteAddress = '127.0.0.1'
  server.emit('connection', socket)
  return (request) =>
    new Promise((resolve) => {
      respond = resolve
      socket.push(request)
    })
}

/** @param {string} [cookie] the `Cookie` header */
export const requestOf = (path, cookie) =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cookie === undefined ? '' : `Cookie: ${cookie}\r\n`}\r\n`)

/** Returns the `Cookie` header of a browser that received this response. */
export const cookiesOf = (response) =>
  cookieHeader([...response.matchAll(/^set-cookie: (.*)$/gim)].map(([, text]) => text))

/** Returns the body of a response. @throws if its status is not 200 */
export function bodyOf(response) {
  if (!response.startsWith('HTTP/1.1 200 ')) throw new Error(`The response was ${response}`)
  return response.slice(response.indexOf('\r\n\r\n') + 4)
}

function isComplete(response) {
  const end = response.indexOf('\r\n\r\n') + 4
  const length = /^content-length: (\d+)/im.exec(response)
  return length ? end > 3 && response.length >= end + Number(length[1]) : response.endsWith('\r\n0\r\n\r\n')
}
