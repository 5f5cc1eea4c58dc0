// The application of fetch-app.mjs on node:http, for the versions of Node.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { answer, openStore } from './fetch-app.mjs'

/** Listens at `PORT`, with the functions of the package that the caller has installed. */
export function serve({ createSessions, sojourn, sqliteStore, redisStore }) {
  const store = openStore(process.env['STORE'], () => sqliteStore(new DatabaseSync(':memory:')), redisStore)
  const listener = sojourn(createSessions({ store }), async (request, response) => {
    const { method, headers, url } = request
    const body = method === 'POST' ? { body: request, duplex: 'half' } : {}
    const answered = await answer(new Request(`http://localhost${url}`, { method, headers, ...body }), request.session)
    response.writeHead(answered.status, [...answered.headers].flat())
    for await (const part of answered.body ?? []) response.write(part)
    response.end()
  })
  createServer(listener).listen(Number(process.env['PORT']), '127.0.0.1')
}
