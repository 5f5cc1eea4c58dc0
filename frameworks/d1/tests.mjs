// Serves requests of tests only: the suite of the store contract, inside the runtime, with a clock of D1 that is set.
import assert from 'node:assert/strict'
import { TooLate } from 'sojourn'
import { d1Store } from 'sojourn/d1'

const hourMs = 3_600_000

/** How far D1's clock is ahead, in seconds. */
let ahead = 0
let tables = 0

/** The database with the clock that a test has set. Its network delays a batch, in milliseconds. */
const testedDatabase = (db, delay = 0) => ({
  prepare: (sql) => db.prepare(sql.replaceAll(`unixepoch('subsec')`, `(unixepoch('subsec') + ${ahead})`)),
  async batch(statements) {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return db.batch(statements)
  },
})

/** Opens a store on tables of its own. */
async function openEmptyStore(db) {
  const table = `sessions_${tables++}`
  const another = (delay) => d1Store(testedDatabase(db, delay), { table })
  const store = another()
  await store.createTable()
  return { store, another, expiresByItself: false }
}

/** Answers a request of check.mjs beside the visits; `undefined` if it is a visit. */
export async function answerTest(request, env) {
  const [, part, detail] = new URL(request.url).pathname.split('/')
  if (part === 'ahead') return new Response(void (ahead = Number(detail)))
  if (part === 'documented') return env.DOCUMENTED.fetch(request)
  if (part !== 'suite') return undefined
  // Later than the Worker, because the clock of the runtime stands at 1970 until there is a request.
  const { storeSuite } = await import('sojourn/testing')
  const suite = [...storeSuite(() => openEmptyStore(env.DB), { rounds: 10 }), ...ownChecks(env)]
  if (detail === undefined) return Response.json(suite.map(([name]) => name))
  try {
    await suite[detail][1]()
    return new Response()
  } catch (error) {
    return new Response(error.stack, { status: 500 })
  }
}

/** Checks beyond the contract. */
const ownChecks = ({ DB, DOCUMENTED }) => [
  [
    'a call that comes too late writes nothing, and rejects with TooLate',
    async () => {
      const { store, another } = await openEmptyStore(DB)
      const late = another(100)
      const [record, next] = [newRecord(), newRecord()]
      const expiresAt = Date.now() + hourMs
      const ending = { ended: 'revoked', endedAt: Date.now(), expiresAt }
      const change = { set: { cart: '[]' }, unset: [], lastSeenAt: 2, expiresAt }
      await store.create(record)
      // Its first reply shows D1's clock.
      await late.update(record, record, { ...change, set: {}, lastSeenAt: 1, expiresAt: record.expiresAt })
      const limit = { max: 1, ending: { ...ending, ended: 'limit' } }
      const until = Date.now() + 50
      const calls = [
        late.create(next, { limit }, until),
        late.update(record, record, change, until),
        late.end(record, ending, until),
        late.endAll('ada', ending, null, until),
      ]
      for (const call of calls) await assert.rejects(call, TooLate)
      assert.deepEqual(await store.read(record), record)
      assert.equal(await store.read(next), null)
      assert.equal((await store.create(next, { openedAt: performance.now() - hourMs })).result, 'created')
    },
  ],
  [
    'a call that comes in time is done, and is not too late',
    async () => {
      const { store } = await openEmptyStore(DB)
      assert.equal((await store.create(newRecord(), {}, Date.now() + 60_000)).result, 'created')
    },
  ],
  [
    'the cron trigger of the page on frameworks removes all that expired more than 7 days ago',
    async () => {
      const store = d1Store(DB)
      const old = Array.from({ length: 250 }, () => newRecord(Date.now() - 8 * 24 * hourMs))
      const recent = newRecord(Date.now() - 6 * 24 * hourMs)
      await Promise.all([...old, recent].map((record) => store.create(record)))
      assert.equal((await DOCUMENTED.scheduled({ cron: '0 * * * *' })).outcome, 'ok')
      const { results } = await DB.prepare(`SELECT id FROM sojourn_sessions WHERE label = 'swept'`).all()
      assert.deepEqual(results, [{ id: recent.id }])
    },
  ],
]

function newRecord(expiresAt = Date.now() + hourMs) {
  const times = { createdAt: 1, signedInAt: 1, lastSeenAt: 1, expiresAt, idleTimeout: null, absoluteTimeout: null }
  const rest = { remember: true, label: 'swept', methods: [], data: {} }
  return { id: `id-${tables++}`, secretHash: 'hash', version: 0, userId: 'ada', ...times, ...rest }
}
