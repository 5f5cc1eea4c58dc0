import { connect } from 'node:net'

const lineEnd = '\r\n'

/** A GET as it goes over the wire. @param {string} path @param {string} [cookie] */
export function requestOf(path, cookie) {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', ...(cookie === undefined ? [] : [`Cookie: ${cookie}`])]
  return lines.join(lineEnd) + lineEnd + lineEnd
}

/** A connection that stays, for one request at a time; resolves to whole responses as text. @param {number} port */
export function connection(port) {
  let text = ''
  let waiting = null
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    // One buffer for all that is read: a stream's own would cost more than the rest of this.
    onread: { buffer: Buffer.allocUnsafe(65_536), callback: receive },
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('The server closed the connection.')))

  function receive(length, buffer) {
    text += buffer.latin1Slice(0, length)
    if (!isWhole(text)) return true
    const { resolve } = waiting
    const response = text
    text = ''
    waiting = null
    resolve(response)
    return true
  }

  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request, 'latin1')
      }),
    close: () => socket.destroy(),
  }
}

function isWhole(text) {
  const bodyAt = text.indexOf(lineEnd + lineEnd) + 4
  if (bodyAt === 3) return false
  const length = /content-length: *(\d+)/i.exec(text)
  return length === null ? text.endsWith(`0${lineEnd}${lineEnd}`) : text.length >= bodyAt + Number(length[1])
}

/** Sends requests in rotation, each connection one at a time, and throws where one is not answered with 200. */
export async function load(connections, requests, count) {
  let sent = 0
  await Promise.all(
    connections.map(async ({ exchange }) => {
      while (sent < count) {
        const response = await exchange(requests[sent++ % requests.length])
        if (!response.startsWith('HTTP/1.1 200')) throw new Error(`A server answered: ${response.split(lineEnd, 1)[0]}`)
      }
    }),
  )
}

/** @param {string} response */
export function setCookiesOf(response) {
  const [head] = response.split(lineEnd + lineEnd, 1)
  return [...head.matchAll(/^set-cookie: *(.*)$/gim)].map(([, value]) => value.trimEnd())
}
