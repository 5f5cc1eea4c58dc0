import { connect } from 'node:net'
import pg from 'pg'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/servers/server.ts'
import { isOutage, startError } from '../../src/server/outage.ts'
import { openBrowser, startApp } from '../support/app.ts'

const failure = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error)

/** An error that Postgres returned. Only these have a severity. */
const postgresError = (code: string) => Object.assign(new Error('as it says'), { severity: 'FATAL', code })

describe('isOutage', () => {
  it('is true if nothing listens, or the host name is unknown', async () => {
    const port = await freePort()
    const redis = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
    redis.on('error', () => {})
    for (const error of [
      await failure(new pg.Client(`postgres://ada@127.0.0.1:${port}/x`).connect()),
      await failure(new pg.Client('postgres://ada@nowhere.invalid/x').connect()),
      await failure(new pg.Client('postgres://ada@localhost:1/x').connect()),
      await failure(new pg.Client({ host: '/nonexistent' }).connect()),
      await failure(redis.connect()),
      await new Promise((resolve) => connect({ host: 'localhost', port }).once('error', resolve)),
    ]) {
      expect([error, isOutage(error)]).toEqual([expect.any(Error), true])
    }
  })

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
    'Socket closed unexpectedly',
    'The client is offline',
    'LOADING Redis is loading the dataset in memory',
  ])('is true for the driver message: %s', (message) => expect(isOutage(new Error(message))).toBe(true))

  it.each(['08006', '53300', '57P01', '57P03'])('is true for SQLSTATE %s', (code) => {
    expect(isOutage(postgresError(code))).toBe(true)
  })

  it.each(['28P01', '3D000', '42601', '23505'])('is false for SQLSTATE %s', (code) => {
    expect(isOutage(postgresError(code))).toBe(false)
  })

  it.each([
    new TypeError("Cannot read properties of undefined (reading 'id')"),
    new RangeError('Invalid time value'),
    new Error('Query values must be an array'),
    new Error('WRONGPASS invalid username-password pair or user is disabled.'),
    new Error('NOAUTH Authentication required.'),
    Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' }),
    'Connection terminated',
    undefined,
  ])('is false for %s', (error) => expect(isOutage(error)).toBe(false))
})

describe('startError', () => {
  it('distinguishes an outage from a refusal', () => {
    const message = (error: unknown) => startError('Postgres at db:5432', 'DATABASE_URL', error).message
    expect(message(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))).toBe(
      'Postgres at db:5432 does not answer: ECONNREFUSED. Start it, or check DATABASE_URL.',
    )
    expect(message(postgresError('28P01'))).toBe('Postgres at db:5432 refused: as it says. Check DATABASE_URL.')
  })
})

describe('a mistake in the program', () => {
  it('gets a 500 response, and not a request to try again', async () => {
    const { app, db, lines } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    db.rows = () => Promise.reject(new TypeError('values is not iterable'))
    const { status, headers } = await browser.request('/organizer/')
    expect([status, headers.get('retry-after')]).toEqual([500, null])
    expect(lines.join('\n')).toContain('TypeError: values is not iterable\n    at ')
  })
})
