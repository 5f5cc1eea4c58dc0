// Validated forms, statuses and streams, as Elysia's own functions make them.
import { request } from 'node:http'
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/account']

export async function checkMore(base, { check }) {
  const { visit, jar } = createVisitor(base)
  const guest = await visit('/account')
  check('a status of Elysia leaves', guest.status === 401 && guest.set.length === 0, guest)
  const { text: csrf } = await visit('/form')
  const invalid = await visit('/form', { form: formOf({ csrf }) })
  check('an invalid form is a 422', invalid.status === 422 && invalid.set.length === 0, invalid)
  const refused = await visit('/form', { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('a form of another site is refused', refused.status === 403 && refused.set.length === 0, refused)
  const entered = await visit('/form', { form: formOf({ name: 'ada', csrf }) })
  check('a form signs in', entered.text === 'User ada' && entered.set.includes('session'), entered)
  const missing = await visit('/no-such-page')
  check('a page that is not there sets no cookie', missing.status === 404 && missing.set.length === 0, missing)

  const late = await visit('/late')
  check('a stream cannot sign in', late.text.includes('came too late') && late.set.length === 0, late)
  const greeting = await firstMessage(`${base}/socket`, Array.from(jar, (pair) => pair.join('=')).join('; '))
  check('a WebSocket has the session', greeting === 'User ada', { greeting })
}

/** Resolves to the first message of a WebSocket. Node 20 has no client of its own. */
function firstMessage(url, cookie) {
  const headers = {
    cookie,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.from('sixteen bytes ok').toString('base64'),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, timeout: 5000 })
    sent.on('upgrade', (_, socket, head) => {
      const readFrame = (frame) => {
        resolve(frame.subarray(2).toString())
        socket.destroy()
      }
      if (head.length > 0) readFrame(head)
      else socket.once('data', readFrame)
    })
    sent.on('response', ({ statusCode }) => resolve(`status ${statusCode}`))
    sent.on('timeout', () => sent.destroy())
    sent.on('error', reject)
    sent.end()
  })
}
