import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { sojourn } from '../../src/adapters/node.ts'
import { createSessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { ask } from '../suites/adapters/client.ts'

// `close` ends connections that wait for nothing: Node must not think so of a response that waits for its commit.
it('a response whose session is being saved is sent although the server closes', async () => {
  const memory = memoryStore()
  let arrive = (): void => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  let save = (): void => {}
  const saved = new Promise<void>((resolve) => (save = resolve))
  const store = {
    ...memory,
    async create(...args: Parameters<typeof memory.create>) {
      arrive()
      await saved
      return memory.create(...args)
    },
  }
  const sessions = createSessions({ secrets: ['a secret of these tests, 32 bytes or more'], store })
  const listener = sojourn(sessions, ({ session }, response) => {
    session.signIn('ada')
    response.end('in')
  })
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = ask((server.address() as AddressInfo).port, '/')
  await arrived
  const closed = once(server, 'close')
  server.close()
  save()

  expect(await answer).toMatchObject({ status: 200, body: 'in' })
  await closed
})
