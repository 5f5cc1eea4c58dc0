import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import Database from 'libsql'
import { fromRecords } from '../../../src/from/records.ts'
import { sha256 } from '../../../src/util/sha256.ts'
import { describeTakeover, type PeerServer } from './suite.ts'

interface Row {
  id: string
  user_id: string | null
  cart: string
  expires_at: number
}

/** Sessions as many applications make them: a random token in a cookie, and its hash in a table. */
async function start(): Promise<PeerServer> {
  const database = new Database(':memory:')
  database.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT, cart TEXT, expires_at INTEGER)')
  const find = (id: string) =>
    database.prepare('SELECT * FROM sessions WHERE id = ? AND expires_at > ?').get(id, Date.now()) as Row | undefined
  const tokenOf = (request: IncomingMessage) => /(?:^|; )token=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? ''

  const server = createServer((request, response) => {
    const [, verb, value = null] = request.url!.split('/')
    const known = find(sha256(tokenOf(request)))
    const token = known === undefined ? randomBytes(32).toString('base64url') : tokenOf(request)
    const row = known ?? { user_id: null, cart: '[]' }
    if (verb === 'sign-in') row.user_id = value
    if (verb === 'cart') row.cart = JSON.stringify([...(JSON.parse(row.cart) as string[]), value])
    const save = database.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)')
    if (request.method === 'POST') {
      save.run(sha256(token), row.user_id, row.cart, Date.now() + 3_600_000)
      response.setHeader('Set-Cookie', `token=${token}; Path=/; HttpOnly; Max-Age=3600`)
    }
    response.end(JSON.stringify({ userId: row.user_id, cart: JSON.parse(row.cart) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cookieName: 'token',
    reader: ({ user: _user, ...options }, other) =>
      fromRecords<Row>({
        cookieName: 'token',
        idOf: (value) => sha256((other ?? '') + value),
        find: async (id) => find(id),
        end: async (id) => database.prepare('DELETE FROM sessions WHERE id = ?').run(id),
        user: (row) => row.user_id,
        dataOf: (row) => ({ cart: JSON.parse(row.cart) }),
        ...options,
      }),
    expire: () => void database.exec(`UPDATE sessions SET expires_at = ${Date.now()}`),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describeTakeover('an own table', { hasStore: true, hasTime: true, hasMessages: false }, start)
