import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createDemoAccount } from '../../src/data/demo.ts'
import { localDate } from '../../src/dates.ts'
import { startApp } from '../support/app.ts'

type Options = NonNullable<Parameters<typeof startApp>[0]>

/**
 * Serves the application of `startApp` over HTTP, with the demo account. The server's clock stands still. So a test can
 * advance it together with the clock of a page.
 */
export async function serveApp({ dependencies, ...options }: Options = {}) {
  const stopping = new AbortController()
  const started = await startApp({
    ...options,
    dependencies: { stopping: stopping.signal, ...dependencies },
  })
  const { app, people, events, passwords, clock, db } = started
  await createDemoAccount(people, events, passwords, localDate(clock.now()))
  const server = createAdaptorServer({ fetch: app.fetch }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...started,
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close(): Promise<void> {
      stopping.abort()
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await db.close()
    },
  }
}

export type ServedApp = Awaited<ReturnType<typeof serveApp>>
