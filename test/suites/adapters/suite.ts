import { describe } from 'vitest'
import { arrangements } from './arrangements.ts'
import { clients } from './clients.ts'
import type { Host } from './host.ts'
import { outages } from './outages.ts'
import { responses } from './responses.ts'
import { quiet } from './serving.ts'
import { useOfSessions } from './use.ts'

/** The checks for every adapter, over real sockets. */
export function adapterSuite(host: Host): void {
  quiet()
  describe.each(arrangements)(`${host.name}, with sessions %s`, (_, arrange) => {
    const given = { host, arrange }
    useOfSessions(given)
    responses(given)
    clients(given)
  })
  describe(`${host.name}, with sessions that cannot be committed`, () => void outages(host))
}
