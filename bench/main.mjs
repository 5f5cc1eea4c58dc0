import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { createSessions } from 'sojourn'
import { signedInAs } from 'sojourn/testing'
import { measure } from './rounds.mjs'

if (process.argv.includes('--help')) {
  console.log(`npm run bench -- [--rounds N]

What a session costs in its cookie, beside the floor: the same bytes through one AES-256-GCM of node:crypto, base64url
and JSON. Each round (default 21) runs every case once, in shuffled order; ratios are medians of the rounds' ratios.`)
  process.exit(0)
}
const given = process.argv.indexOf('--rounds')
const rounds = given === -1 ? 21 : Number(process.argv[given + 1])
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds takes a number of 1 or more')
  process.exit(2)
}

const secrets = [randomBytes(32)]
const operations = 1000
const contents = {
  small: { personId: 42 },
  '1 KB': {
    cart: Array.from({ length: 16 }, (_, index) => ({
      sku: `sku-${1000 + index}`,
      title: 'Oolong tea',
      quantity: index,
    })),
    theme: 'dark',
  },
}

/** The floor seals and opens a JSON of just the bytes that Sojourn's token has. */
const key = createSecretKey(randomBytes(32))
function floorSeal(value) {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  )
}
function floorOpen(text) {
  const bytes = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16))
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString())
}

async function casesOf(size, data) {
  const cookies = await Promise.all(
    Array.from({ length: operations }, () => signedInAs(createSessions({ secrets }), '42', { data })),
  )
  const value = cookies[0].slice(cookies[0].indexOf('=') + 1)
  // Version, key id and day are 7 bytes more than the floor has, and a claim of the rest of the token fills its place.
  const claims = Buffer.from(value, 'base64url').length - 7 - 12 - 16 - JSON.stringify({ data, claims: '' }).length
  const same = { data, claims: 'x'.repeat(claims) }
  const sealed = cookies.map(() => floorSeal(same))
  const seen = createSessions({ secrets })
  for (const cookie of cookies) await seen.open(cookie)
  const first = Object.keys(data)[0]
  const change = (session, index) => {
    if (typeof data[first] === 'number') session.data[first] = index
    else session.data[first][0].quantity = index + 100
  }

  return [
    { name: `${size} · floor: open`, prepare: () => sealed, run: (texts, index) => floorOpen(texts[index]) },
    { name: `${size} · floor: seal`, prepare: () => same, run: (value) => floorSeal(value) },
    {
      name: `${size} · open + read, a token not seen before`,
      floor: `${size} · floor: open`,
      prepare: () => createSessions({ secrets }),
      run: async (sessions, index) => (await sessions.open(cookies[index])).data[first],
    },
    {
      name: `${size} · open, a token seen before`,
      floor: `${size} · floor: open`,
      prepare: () => seen,
      run: (sessions, index) => sessions.open(cookies[index]),
    },
    {
      name: `${size} · open + read, a token seen before`,
      floor: `${size} · floor: open`,
      prepare: () => seen,
      run: async (sessions, index) => (await sessions.open(cookies[index])).data[first],
    },
    {
      name: `${size} · change + commit`,
      floor: `${size} · floor: seal`,
      prepare: async () => {
        const sessions = createSessions({ secrets })
        const opened = await Promise.all(cookies.map((cookie) => sessions.open(cookie)))
        for (const session of opened) change(session, -1)
        return { sessions, opened }
      },
      run: async ({ sessions, opened }, index) => {
        change(opened[index], index)
        await sessions.commit(opened[index])
      },
    },
  ]
}

const visitor = {
  name: 'a visitor without a cookie: open + commit',
  prepare: () => createSessions({ secrets }),
  run: async (sessions) => sessions.commit(await sessions.open(undefined)),
}
const cases = [...(await casesOf('small', contents.small)), ...(await casesOf('1 KB', contents['1 KB'])), visitor]
const results = await measure(cases, { rounds, operations })

console.log(`Node ${process.version}, ${rounds} rounds of ${operations} operations\n`)
console.log('| case | µs | × floor |\n|---|--:|--:|')
for (const [name, { nanoseconds, ratio }] of results) {
  console.log(`| ${name} | ${(nanoseconds / 1000).toFixed(2)} | ${ratio === null ? '' : ratio.toFixed(2)} |`)
}
