import { describe, expect, it } from 'vitest'
import { createSessions } from '../../src/index.ts'
import { both, move } from '../../src/move/index.ts'
import type { SessionRecord, SessionStore } from '../../src/stores/store.ts'
import { moveMarkerKey } from '../../src/stores/reserved-ids.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { sampleEnding, newRecord, readRecord, createDataChange } from '../../src/testing/store-suite/kit.ts'
import { random } from '../support/random.ts'
import { secrets } from '../support/sessions.ts'
import { distantStore, testStore } from '../support/stores.ts'

const exactly = ({ secretHash, version }: SessionRecord, later = 0) => ({ secretHash, version: version + later })

/** Two stores, a session in both, and two servers. */
async function pair() {
  const [to, from] = [testStore(), testStore()]
  const [server, another] = [both(to, from), both(to, from)]
  const record = newRecord()
  await server.create(record)
  return { to, from, server, another, record }
}

describe('since the new store has just taken over,', () => {
  it('a read that was under way writes nothing older over what was written there', async () => {
    const [to, from] = [memoryStore(), memoryStore()]
    const record = newRecord()
    for (const store of [to, from]) await store.create(record)
    let [answer, go] = [() => {}, () => {}]
    const [answered, gone] = [
      new Promise<void>((resolve) => (answer = resolve)),
      new Promise<void>((resolve) => (go = resolve)),
    ]
    const isFirst = new Set<string>()
    // Who decides was answered before; what the new store has is read after.
    const slow: SessionStore = {
      ...to,
      async read(key) {
        const { id } = key
        if (isFirst.has(id)) return to.read(key)
        isFirst.add(id)
        if (id === record.id) await gone
        const found = await to.read(key)
        if (id !== record.id) await answered
        return found
      },
    }
    const reading = both(slow, from).read(record)
    await move(from, to)
    await to.update(record, exactly(record), createDataChange('cart', '["oil"]'))
    go()
    answer()

    expect(await reading).toMatchObject({ data: { cart: '["oil"]' } })
    expect(await readRecord(to, record)).toMatchObject({ data: { cart: '["oil"]' } })
  })

  it('a change that it has is not made again, whatever was written after it', async () => {
    const { to, from, server, another, record } = await pair()
    const copying = to.hold('update', 'after')
    const first = server.update(record, exactly(record), createDataChange('count', '1'))
    await copying.reached
    await move(from, to)
    expect(await another.update(record, exactly(record, 1), createDataChange('count', '2'))).toBe(2)
    copying.release()

    expect(await first).toBe(1)
  })

  it('a change that is missing there is refused, so that the application makes it again', async () => {
    const { to, from, server, record } = await pair()
    const writing = from.hold('update')
    const first = server.update(record, exactly(record), createDataChange('count', '1'))
    await writing.reached
    await move(from, to)
    expect(await to.update(record, exactly(record), { ...createDataChange('count', '1'), lastSeenAt: 7 })).toBe(1)
    writing.release()

    expect(await first).toBeNull()
    expect(await readRecord(server, record)).toMatchObject({ version: 1, lastSeenAt: 7 })
  })

  it('a change with an unknown result rejects, and is neither lost in silence nor made twice', async () => {
    const { to, from, server, another, record } = await pair()
    const copying = to.hold('update')
    const first = server.update(record, exactly(record), createDataChange('count', '1'))
    await copying.reached
    await move(from, to)
    expect(await another.update(record, exactly(record, 1), createDataChange('count', '2'))).toBe(2)
    copying.release()

    await expect(first).rejects.toThrow('it is unknown whether')
  })

  it('a session that was ended is ended there too', async () => {
    const { to, from, server, record } = await pair()
    const signingOut = from.hold('end')
    const first = server.end(record, sampleEnding)
    await signingOut.reached
    await move(from, to)
    signingOut.release()

    expect(await first).toBe(true)
    expect(await to.read(record)).toEqual(sampleEnding)
  })

  it('counters that two servers raise all the while are exact', { timeout: 60_000 }, async () => {
    const results: string[] = []
    for (let round = 0; round < 40; round++) {
      const [to, from] = [distantStore(), distantStore()]
      const servers = [0, 1].map(() => createSessions({ secrets, store: both(to, from), storeTimeout: 30 }))
      const cookies = await Promise.all([0, 1, 2].map((at) => signedInAs(servers[0]!, `user-${at}`)))
      const counts = cookies.map(() => ({ known: 0, unknown: 0 }))
      const over = new AbortController()
      const raising = servers.flatMap((sessions) =>
        cookies.map(async (cookie, at) => {
          while (!over.signal.aborted) {
            const session = await sessions.open(cookie)
            session.update('count', (count = 0) => Number(count) + 1)
            await sessions.commit(session).then(
              () => counts[at]!.known++,
              () => counts[at]!.unknown++,
            )
          }
        }),
      )
      for (let hop = random() * 20; hop > 0; hop--) await new Promise(setImmediate)
      const { differing } = await move(from, to)
      for (let hop = 0; hop < 20; hop++) await new Promise(setImmediate)
      over.abort()
      await Promise.all(raising)
      const alone = createSessions({ secrets, store: to })
      for (const [at, cookie] of cookies.entries()) {
        const { known, unknown } = counts[at]!
        const count = Number((await alone.open(cookie)).data['count'])
        if (differing > 0) results.push(`round ${round}: ${differing} differ`)
        if (count < known || count > known + unknown) results.push(`round ${round}: ${count}, and not ${known}`)
        // One request of each server at most can have been under way.
        if (unknown > 1) results.push(`round ${round}: ${unknown} are not known`)
      }
    }
    expect(results).toEqual([])
  })
})

describe('a session that is written all the while', () => {
  /** Two stores, in both of which a session is written whenever one of them is asked for it. */
  async function hot(which: readonly ('to' | 'from')[]) {
    const [to, from] = [memoryStore(), memoryStore()]
    const record = newRecord()
    await from.create(record)
    await to.create(record)
    let count = 0
    const raise = async () => {
      for (const store of [from, to])
        await store.update(record, { secretHash: record.secretHash }, createDataChange('count', String(count)))
      count++
    }
    const busy = (store: SessionStore): SessionStore => ({
      ...store,
      async read(key) {
        if (key.id === record.id) await raise()
        return store.read(key)
      },
    })
    return {
      to: which.includes('to') ? busy(to) : to,
      from: which.includes('from') ? busy(from) : from,
    }
  }

  it.each([[['to']], [['from']]] as const)('is no differing one, written at each look at %j', async (which) => {
    const { to, from } = await hot(which)

    expect(await move(from, to)).toMatchObject({ differing: 0 })
    expect(await to.read(moveMarkerKey)).not.toBeNull()
  })
})
