// Serves requests of tests only: the suite of the store contract, inside the runtime, and faults of the objects.
import assert from 'node:assert/strict'
import { TooLate } from 'sojourn'
import { durableObjectStore } from 'sojourn/durable-object'
import { alarmlessId, setAhead, setFault, uncommittableId, unwritableId } from './tested-object.mjs'

const hourMs = 3_600_000

let runs = 0
/** Returns a namespace in which no object has stored anything. */
function emptyNamespace(namespace) {
  const run = `${runs++} `
  return { idFromName: (name) => namespace.idFromName(run + name), get: (id) => namespace.get(id) }
}

/** Answers a request of check.mjs beside the visits; `undefined` if it is a visit. */
export async function answerTest(request, env) {
  const [, part, detail] = new URL(request.url).pathname.split('/')
  if (part === 'fault') return new Response(setFault(detail))
  if (part === 'ahead') return new Response(setAhead(Number(detail)))
  if (part === 'documented') return env.DOCUMENTED.fetch(request)
  if (part !== 'suite') return undefined
  if (env.STORE !== 'durable-object') return Response.json([])
  // Later than the Worker, because the clock of the runtime stands at 1970 until there is a request.
  const { storeSuite } = await import('sojourn/testing')
  const open = () => {
    const namespace = emptyNamespace(env.SESSIONS)
    return { store: durableObjectStore(namespace), another: () => durableObjectStore(namespace) }
  }
  const suite = [...storeSuite(open, { rounds: 30 }), ...ownChecks(env.SESSIONS)]
  if (detail === undefined) return Response.json(suite.map(([name]) => name))
  try {
    await suite[detail][1]()
    return new Response()
  } catch (error) {
    return new Response(error.stack, { status: 500 })
  }
}

/** Checks beyond the contract. */
const ownChecks = (sessions) => [
  [
    'a call that comes too late writes nothing, and rejects with TooLate',
    async () => {
      const store = durableObjectStore(emptyNamespace(sessions))
      const record = newRecord('ada', Date.now() + hourMs)
      await assert.rejects(store.create(record, {}, Date.now() - 1), TooLate)
      assert.equal(await store.read(record), null)
    },
  ],
  [
    'a call that waits without a limit writes',
    async () => {
      const store = durableObjectStore(emptyNamespace(sessions))
      const record = newRecord('ada', Date.now() + hourMs)
      assert.equal((await store.create(record, {}, Infinity)).result, 'created')
    },
  ],
  [
    'the empty id names no session, and not the cutoff',
    async () => {
      const store = durableObjectStore(emptyNamespace(sessions))
      const ending = { ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + hourMs }
      const openedAt = performance.now() - 10
      await store.endAll('ada', ending)
      const key = { id: '', userId: 'ada' }
      const change = { set: {}, unset: [], lastSeenAt: 1, expiresAt: 1 }
      assert.deepEqual([await store.read(key), await store.end(key, ending)], [null, false])
      assert.equal(await store.update(key, {}, change), null)
      const record = newRecord('ada', Date.now() + hourMs)
      assert.equal((await store.create(record, { openedAt })).result, 'cut-off')
    },
  ],
  [
    'an object whose alarm was not set, or whose call failed then, sets it by the next call',
    async () => {
      for (const id of [alarmlessId, uncommittableId]) {
        const namespace = emptyNamespace(sessions)
        const one = { ...namespace, idFromName: () => namespace.idFromName('one') }
        const store = durableObjectStore(one)
        const old = newRecord('ada', Date.now() - 25 * hourMs)
        const creating = store.create({ ...old, id })
        if (id === alarmlessId) await creating
        else await assert.rejects(creating, /cannot end/)
        await store.create(old)
        await untilEqual(async () => hasTable(one.get(one.idFromName())), false)
      }
    },
  ],
  [
    'a call that fails halfway writes nothing, and rejects',
    async () => {
      const store = durableObjectStore(emptyNamespace(sessions))
      const expiresAt = Date.now() + hourMs
      const [first, second] = [newRecord('ada', expiresAt), { ...newRecord('ada', expiresAt), id: unwritableId }]
      await store.create(first)
      const limit = { max: 1, ending: { ended: 'limit', endedAt: Date.now(), expiresAt } }
      await assert.rejects(store.create(second, { limit }), /full/)
      assert.equal((await store.read(first)).id, first.id)
    },
  ],
  [
    'a record that becomes smaller leaves nothing behind',
    async () => {
      const store = durableObjectStore(emptyNamespace(sessions))
      const record = { ...newRecord('ada', Date.now() + hourMs), data: { long: 'x'.repeat(2_500_000) } }
      await store.create(record)
      const change = { set: {}, unset: ['long'], lastSeenAt: 1, expiresAt: record.expiresAt }
      await store.update(record, record, change)
      assert.deepEqual((await store.read(record)).data, {})
    },
  ],
  [
    'a sign-in with a limit, a list and a revocation read no data',
    async () => {
      const { store, lengthRead } = oneObject(sessions)
      const expiresAt = Date.now() + hourMs
      const records = Array.from({ length: 20 }, () => ({ ...newRecord('ada', expiresAt), data: { x: longText } }))
      await Promise.all(records.map((record) => store.create(record)))
      const ending = { ended: 'limit', endedAt: Date.now(), expiresAt }
      const created = await store.create(newRecord('ada', expiresAt), { limit: { max: 20, ending } })
      assert.equal(created.ended.length, 1)
      const lengths = [await lengthRead()]
      assert.equal((await store.list('ada')).length, 20)
      lengths.push(await lengthRead())
      assert.equal((await store.endAll('ada', ending)).ended.length, 20)
      lengths.push(await lengthRead())
      assert.ok(Math.max(...lengths) < longText.length, `They read ${lengths} characters.`)
    },
  ],
  [
    'an object keeps the latest 500 of more than a thousand endings, and a list reads none',
    async () => {
      const { store, rowsRead } = oneObject(sessions)
      const expiresAt = Date.now() + hourMs
      const records = Array.from({ length: 1001 }, () => newRecord('ada', expiresAt))
      for (const [at, record] of records.entries()) {
        await store.create(record)
        await store.end(record, { ended: 'signed-out', endedAt: 1, expiresAt: expiresAt + at })
      }
      await store.list('ada')
      assert.ok((await rowsRead()) < 20, `A list read ${await rowsRead()} rows.`)
      await store.create(newRecord('ada', expiresAt))
      assert.equal(await store.read(records[500]), null)
      assert.equal((await store.read(records[501])).ended, 'signed-out')
    },
  ],
  [
    'an object removes what expired more than a day ago, and its storage when nothing is left',
    async () => {
      const names = []
      const namespace = emptyNamespace(sessions)
      const noted = { ...namespace, idFromName: (name) => namespace.idFromName((names.push(name), name)) }
      const store = durableObjectStore(noted)
      const [old, recent] = [newRecord('ada', Date.now() - 25 * hourMs), newRecord('ada', Date.now() - 23 * hourMs)]
      await Promise.all([old, recent, newRecord('eve', Date.now() - 25 * hourMs)].map((each) => store.create(each)))
      const [ofAda, , ofEve] = names.map((name) => namespace.get(namespace.idFromName(name)))
      await untilEqual(async () => store.read(old), null)
      assert.equal((await store.read(recent)).id, recent.id)
      await untilEqual(async () => hasTable(ofEve), false)
      assert.equal(await hasTable(ofAda), true)
      await store.create(newRecord('eve', Date.now() + hourMs))
      assert.equal((await store.list('eve')).length, 1)
    },
  ],
  [
    'a question about a user without sessions stores nothing',
    async () => {
      const namespace = emptyNamespace(sessions)
      const store = durableObjectStore({ ...namespace, idFromName: () => namespace.idFromName('one') })
      const record = newRecord('ada', Date.now() + hourMs)
      const ending = { ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + hourMs }
      assert.deepEqual(
        [await store.read(record), await store.list('ada'), await store.end(record, ending)],
        [null, [], false],
      )
      assert.equal(await hasTable(namespace.get(namespace.idFromName('one'))), false)
    },
  ],
]

const longText = 'x'.repeat(100_000)

/** Returns a store that has one object, and how much the last call read there. */
function oneObject(sessions) {
  const namespace = emptyNamespace(sessions)
  const stub = namespace.get(namespace.idFromName('one'))
  const work = async () => (await stub.fetch('https://sojourn/work')).json()
  return {
    store: durableObjectStore({ ...namespace, get: () => stub }),
    lengthRead: async () => (await work()).length,
    rowsRead: async () => (await work()).rows,
  }
}

async function hasTable(stub) {
  const tables = await (await stub.fetch('https://sojourn/tables')).json()
  return tables.some(({ name }) => name === 'entries')
}

async function untilEqual(read, expected) {
  for (let times = 0; times < 100; times++) {
    if ((await read()) === expected) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(await read(), expected)
}

function newRecord(userId, expiresAt) {
  const times = { createdAt: 1, signedInAt: 1, lastSeenAt: 1, expiresAt, idleTimeout: null, absoluteTimeout: null }
  const id = `id-${runs++}`
  return { id, userId, secretHash: 'hash', version: 0, ...times, remember: true, label: null, methods: [], data: {} }
}
