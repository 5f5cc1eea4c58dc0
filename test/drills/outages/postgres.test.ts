import { expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { outage, type Fault } from './outage.ts'
import { expectCalm, expectContinued } from './report.ts'

const faults: Readonly<Record<string, (server: PostgresServer) => Fault>> = {
  frozen: (server) => ({ seconds: 6, begin: () => server.freeze(), end: () => server.thaw() }),
  killed: (server) => ({ seconds: 6, begin: () => server.kill(), end: () => server.restart() }),
}

describePostgres('200 visitors while Postgres is', () => {
  it.concurrent.each(Object.keys(faults))(
    '%s',
    async (what) => {
      const server = await startPostgres()
      const [one, two] = [postgresStore(server.url), postgresStore(server.url, { table: 'strict' })]
      try {
        for (const store of [one, two]) await store.createTable()
        const [going, strict] = await outage(faults[what]!(server), [
          { store: one, options: { unconfirmedFor: 600 }, perSecond: 30 },
          { store: two, perSecond: 15 },
        ])

        for (const { visits, beside, others, wrongs } of [going!, strict!]) {
          expectCalm({ visits, beside })
          expect(wrongs).toEqual([])
          expect(others.map(({ status }) => status)).toEqual([200, 200, 200])
        }
        expectContinued(going!)
        expect(new Set(strict!.during.map(({ status }) => status))).toEqual(new Set([503]))
      } finally {
        for (const store of [one, two]) await store.close()
        await server.stop()
      }
    },
    180_000,
  )
})
