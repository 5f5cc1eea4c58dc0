// One of several processes on one file: node sqlite-process.mjs <store> <file> <name> <counters> <at>
// From the instant `at` on it works until it is killed, and reports each resolved call on a line of its own.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import Database from 'libsql'

const [, , built, file, name, counters, at] = process.argv
const { sqliteStore } = await import(pathToFileURL(built).href)

let now = Date.now()
while (now < Number(at)) now = Date.now()
const store = sqliteStore(new Database(file))
const tomorrow = Date.now() + 86_400_000
const change = (set) => ({ set, unset: [], lastSeenAt: Date.now(), expiresAt: tomorrow })
const report = (...words) => writeSync(1, `${words.join(' ')}\n`)
const random = (below) => (state = (state * 48271) % 2147483647) % below
// Each process makes other choices, which SEED repeats.
let state = (Number(process.env.SEED ?? 1) % 2147483000) + name.charCodeAt(0)
const own = []

const newRecord = (id, userId = 'ada') => ({
  id,
  secretHash: 'hash',
  version: 0,
  userId,
  createdAt: 0,
  signedInAt: null,
  lastSeenAt: 0,
  expiresAt: tomorrow,
  remember: true,
  label: null,
  idleTimeout: null,
  absoluteTimeout: null,
  methods: [],
  data: { of: name },
})

const keyOf = (id) => ({ id, userId: null })
const creates = async (id) => (await store.create(newRecord(id))).result === 'created'

for (let turn = 0; ; turn++) {
  const counter = `counter-${random(Number(counters))}`
  const found = await store.read(keyOf(counter))
  const count = Number(found.data.count) + 1
  const held = { secretHash: 'hash', version: found.version }
  if ((await store.update(keyOf(counter), held, change({ count: `${count}` }))) !== null) report('counted', counter)

  if ((await store.update(keyOf('keys'), { secretHash: 'hash' }, change({ [name]: `${turn}` }))) === null)
    report('lost', 'keys')
  report('wrote', name, turn)

  const id = `${name}-${turn}`
  if (await creates(id)) report('created', id)
  own.push(id)

  if (turn % 3 === 0) {
    const [ended] = own.splice(random(own.length), 1)
    if (await store.end({ id: ended, userId: 'ada' }, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }))
      report('ended', ended)
    if ((await store.update({ id: ended, userId: 'ada' }, { secretHash: 'hash' }, change({ late: '1' }))) !== null)
      report('revived', ended)
    if (await creates(ended)) report('revived', ended)
  }
}
