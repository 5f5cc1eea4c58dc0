import { expect, it } from 'vitest'
import { createSidSigner } from '../../../src/flask/sid.ts'
import type { Session } from '../../../src/index.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import {
  flaskSessions,
  isPickle,
  records,
  signer,
  valuesIn,
  type Kept,
  type RecordVector,
} from '../../support/flask-session-records.ts'
import { request } from '../../support/sessions.ts'
import { kit } from '../../support/flask-session-redis.ts'

// Each vector is one of Flask-Session's requests, or several. Here they are made once more, and answered as there, but for
// what is named in these lists.

/** Our line has `Max-Age` in place of `Expires`, and `SameSite`. */
const lineOf = (line: string, value: string, lifetime: number): string =>
  line
    .replace(/=[^;]*/, `=${value}`)
    .replace(/; Expires=[^;]*/, `; Max-Age=${lifetime}`)
    .replace('; HttpOnly; Path=/', '; Path=/; HttpOnly; SameSite=Lax')

/** If the use of a session is recorded, its cookie is sent too, also without Max-Age. */
const sentAnyway = ['fs-read-minimal', 'fs-read-float32', 'fs-read-uuid-sid']

/** Records that differ from Flask's: the bytes there, and here. */
const writtenOtherwise: Readonly<Record<string, readonly [there: string, here: string]>> = {
  // A new number that is whole is an int: 0.0 and 1.0.
  'fs-floats': ['97cb0000000000000000cb3ff0000000000000', '970001'],
  // A Date has milliseconds, and no microseconds.
  'fs-datetime': ['d7ff1d6f28006553f100', 'd7ff1d5353006553f100'],
}

/** Records after a request without changes: the same bytes, although Flask-Session writes them again. */
const leftOtherwise: Readonly<Record<string, string>> = {
  'fs-read-nonminimal': '82aa5f7065726d616e656e74c3a9706572736f6e5f6964d30000000000000007',
  'fs-read-float32': '81a166ca3fc00000',
}

/** The code of the view of each step. */
const views: Readonly<Record<string, (session: Session) => void>> = {
  visit: ({ data }) => void (data['cart'] = [1]),
  login: (session) => session.signIn('7'),
  'login + regenerate': (session) => session.signIn('7'),
  'set with an unknown cookie': ({ data }) => void (data['a'] = 1),
  forged: ({ data }) => void (data['a'] = 1),
  'unsigned sid': ({ data }) => void data['a'],
  '2**64': ({ data }) => void (data['n'] = 2n ** 64n),
}

/** The keys of a step in Redis beside the records: they say that an id was given up, so that nothing revives it. */
const besideRecords: Readonly<Record<string, readonly string[]>> = { 'login + regenerate': ['sojourn:ended:'] }

const sequences = records.filter(({ steps }) => steps !== undefined)
const given = records.filter(({ adopted }) => adopted !== undefined)
const pickles = records.filter(({ valueHex = '' }) => isPickle(valueHex))
const news = records.filter(({ direction }) => direction === 'written-by-flask-session')

it('every vector of Flask-Session’s is replayed, once, and every exception is of one', () => {
  const replayed = [...news, ...given, ...sequences, ...pickles].map(({ id }) => id)
  expect(replayed.toSorted()).toEqual(records.map(({ id }) => id).toSorted())
  expect([records.length, signer.length]).toEqual([25, 2])
  const steps = sequences.flatMap(({ steps }) => steps!.map(({ step }) => step))
  expect(Object.keys(views).toSorted()).toEqual(steps.toSorted())
  expect(steps).toEqual(expect.arrayContaining(Object.keys(besideRecords)))
  expect(news.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(writtenOtherwise)))
  expect(given.map(({ id }) => id)).toEqual(expect.arrayContaining([...Object.keys(leftOtherwise), ...sentAnyway]))
})

describeRedis('a vector of Flask-Session’s', () => {
  const { k } = kit()

  it.each(news)('$id: a new session is stored and sent as there', async (vector) => {
    const { key, setCookie, valueHex, ttl } = vector
    const { sessions, name, lifetime } = sessionsOf(vector)
    const { _permanent, person_id, _flashes = [], ...data } = valuesIn(Buffer.from(valueHex!, 'hex'))
    const headers = await request(sessions, null, (session) => {
      if (person_id !== undefined) session.signIn(String(person_id), { remember: _permanent === true })
      for (const [category, message] of _flashes as [string, string][]) session.flash(category, message)
      // Else they would be known as what was read.
      Object.assign(session.data, structuredClone(data))
    })
    const id = valueIn(headers, name)
    const hex = valueHex!.replace(...(writtenOtherwise[vector.id] ?? ['', '']))
    expect(headers.getSetCookie()).toEqual([lineOf(setCookie!, id, lifetime)])
    expect(await kept()).toEqual({ [key!.replace(/[^:]*$/, id)]: { valueHex: hex, ttl } })
  })

  it.each(news)('$id: a session that was read continues as it is', async (vector) => {
    const { key, cookie, valueHex, ttl } = vector
    const { sessions, name } = sessionsOf(vector)
    await k.kept.put(key!, valueHex!, ttl!)
    const headers = await request(sessions, `${name}=${cookie}`, ({ data }) => void expect(data).toBeTypeOf('object'))
    expect(headers.getSetCookie()).toEqual([])
    expect(await kept()).toEqual({ [key!]: { valueHex, ttl } })
  })

  it.each(given)('$id: what others wrote is taken, or left, as there', async (vector) => {
    const { key, cookie, valueHex, ttlBefore, redisAfter } = vector
    const { sessions, name, lifetime } = sessionsOf(vector)
    if (valueHex === '') await k.server.ask('SET', key!, '', 'EX', String(ttlBefore))
    else await k.kept.put(key!, valueHex!, ttlBefore!)
    const headers = await request(sessions, `${name}=${cookie}`, ({ data }) => void data['a'])
    expect(headers.getSetCookie()).toEqual(lines(vector, lifetime))
    const { ttl } = redisAfter![key!]!
    expect(await kept()).toEqual({ [key!]: { valueHex: leftOtherwise[vector.id] ?? redisAfter![key!]!.valueHex, ttl } })
  })

  it.each(sequences)('$id: is answered as there, request by request', async (vector) => {
    const { sessions, name, lifetime } = sessionsOf(vector)
    // Ids are created here; those that the vector names are mapped to ours.
    const ours = new Map<string, string>()
    const ofOurs = (text: string) => [...ours].reduce((text, [id, our]) => text.replaceAll(id, our), text)
    for (const { step, requestCookie, status, sessionBefore, setCookie, vary, redisAfter } of vector.steps!) {
      const session = await sessions.open(requestCookie === null ? null : `${name}=${ofOurs(requestCookie)}`)
      expect({ _permanent: true, ...session.data }).toEqual(JSON.parse(pythonAsJson(sessionBefore)))
      views[step]!(session)
      const committed = sessions.commit(session)
      if (status === 500) {
        await expect(committed).rejects.toMatchObject({ code: 'ERR_DATA', status })
        expect(await kept()).toEqual(redisAfter)
        continue
      }
      const headers = await committed
      expect(headers.get('Vary')).toBe(vary)
      if (setCookie === null) expect(headers.getSetCookie()).toEqual([])
      else {
        const [expected, value] = [/=([^;]*)/.exec(setCookie)![1]!, valueIn(headers, name)]
        ours.set(expected.split('.')[0]!, value.split('.')[0]!)
        expect(headers.getSetCookie()).toEqual([lineOf(setCookie, signedAsIn(vector, value), lifetime)])
      }
      expect(await kept()).toEqual(
        Object.fromEntries(Object.entries(redisAfter).map(([key, record]) => [ofOurs(key), record])),
      )
      const beside = (await k.kept.keys('sojourn:*')).map((key) => key.replace(/^(\w+:\w+:).*/s, '$1'))
      expect(beside).toEqual(besideRecords[step] ?? [])
    }
  })

  it.each(pickles)(
    '$id: pickle belongs to nobody, and stays as it is: its visitor gets a new session',
    async (vector) => {
      const { key, cookie, valueHex, ttl, setCookie } = vector
      const { sessions, name, lifetime } = sessionsOf(vector)
      await k.kept.put(key!, valueHex!, ttl!)
      expect((await sessions.open(`${name}=${cookie}`)).userId).toBeNull()
      const headers = await request(sessions, `${name}=${cookie}`, (session) => session.signIn('7'))
      const value = signedAsIn(vector, valueIn(headers, name))
      expect(headers.getSetCookie()).toEqual([lineOf(setCookie!, value, lifetime)])
      expect(value).not.toBe(cookie)
      const written = { valueHex: '82aa5f7065726d616e656e74c3a9706572736f6e5f696407', ttl }
      expect(await kept()).toEqual({ [key!]: { valueHex, ttl }, [`session:${value.split('.')[0]}`]: written })
    },
  )

  function sessionsOf({ config }: RecordVector) {
    const lifetime = config['PERMANENT_SESSION_LIFETIME'] as number
    const name = (config['SESSION_COOKIE_NAME'] ?? 'session') as string
    const { sessions } = flaskSessions(
      k.client,
      {
        secretKey: config['SECRET_KEY'] as string,
        useSigner: config['SESSION_USE_SIGNER'] === true,
        keyPrefix: (config['SESSION_KEY_PREFIX'] ?? 'session:') as string,
        serialization: (config['SESSION_SERIALIZATION_FORMAT'] ?? 'msgpack') as 'msgpack',
      },
      { idleTimeout: lifetime, cookie: { secure: false, name } },
    )
    return { sessions, name, lifetime }
  }

  /** All that Flask-Session looks at. */
  async function kept(): Promise<Kept> {
    const keys = (await k.kept.keys()).filter((key) => !key.startsWith('sojourn:'))
    const entries = keys.map(async (key) => [key, { valueHex: await k.kept.hex(key), ttl: await k.kept.ttl(key) }])
    return Object.fromEntries(await Promise.all(entries)) as Kept
  }
})

function lines({ id, cookie, setCookie }: RecordVector, lifetime: number): string[] {
  const line = sentAnyway.includes(id) ? 'session=; HttpOnly; Path=/' : setCookie
  return typeof line === 'string' ? [lineOf(line, cookie!, lifetime)] : []
}

const valueIn = (headers: Headers, name: string): string =>
  new RegExp(`^${name}=([^;]*)`).exec(headers.getSetCookie()[0] ?? '')?.[1] ?? ''

/** The value that a cookie has to have with the id of this one. */
function signedAsIn({ config }: RecordVector, value: string): string {
  const [sid = ''] = value.split('.')
  if (config['SESSION_USE_SIGNER'] !== true) return sid
  return createSidSigner([Buffer.from(config['SECRET_KEY'] as string)]).sign(sid)
}

const pythonAsJson = (text: string): string => text.replaceAll("'", '"').replaceAll('True', 'true')
