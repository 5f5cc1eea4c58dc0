// One of two processes on one file: node sqlite-users-process.mjs <store> <file> <name>
// In each round both wait for each other, and then do things for all sessions of one user at the same time.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import Database from 'libsql'

const [, , built, file, name] = process.argv
const { sqliteStore } = await import(pathToFileURL(built).href)
const store = sqliteStore(new Database(file))
const tomorrow = Date.now() + 86_400_000
const other = name === 'a' ? 'b' : 'a'
const report = (...words) => writeSync(1, `${words.join(' ')}\n`)

const newRecord = (id, userId) => ({
  id,
  userId,
  secretHash: 'hash',
  version: 0,
  createdAt: Date.now(),
  signedInAt: null,
  lastSeenAt: 0,
  expiresAt: tomorrow,
  remember: true,
  label: null,
  idleTimeout: null,
  absoluteTimeout: null,
  methods: [],
  data: {},
})
const ending = (ended) => ({ ended, endedAt: 1, expiresAt: tomorrow })

/** Adds a session of this process, and waits until the other process has added its own. */
async function meet(round) {
  const userId = `mutual-${round}`
  await store.create(newRecord(`${userId}-${name}`, userId))
  while ((await store.read({ id: `${userId}-${other}`, userId })) === null) await new Promise(setImmediate)
  return { id: `${userId}-${name}`, userId }
}

for (let round = 0; round < 1000; round++) {
  const { id, userId } = await meet(round)
  const { isDone } = await store.endAll(userId, ending('revoked'), { id })
  if (isDone) report('done', round, id)
  // The request of each sign-in was opened long before either endAll. The processes end all in turns.
  const user = `sign-in-${round}`
  if ((round % 2 === 0) === (name === 'a')) await store.endAll(user, ending('revoked'))
  else
    report(
      'sign-in',
      (await store.create(newRecord(`${user}-${name}`, user), { openedAt: performance.now() - 600_000 })).result,
    )
  if (round >= 100) continue
  const limit = { max: 7, ending: ending('limit') }
  const { ended } = await store.create(newRecord(`limited-${round}-${name}`, 'limited'), { limit })
  for (const each of ended) report('limit', each)
}
