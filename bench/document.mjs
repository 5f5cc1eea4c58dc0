import { machine } from './machine.mjs'
import { connections, visitors } from './requests.mjs'
import { postgresPart, redisPart } from './server-documents.mjs'
import { hasOwnSqlite } from './stores/index.mjs'

/**
 * All that is to be read of a run, in Markdown.
 *
 * @typedef {'primitive' | 'requests' | 'stores' | 'redis' | 'postgres'} Part
 * @param {{ rounds: number } & Record<Part, string | null>} run
 */
export function document({ rounds, primitive, requests, stores, redis, postgres }) {
  const { day, cpu, node, openssl, platform, packages, engines } = machine()
  const parts = [
    `# Performance

What a session costs with Sojourn, beside its peers, cookies written by hand and other stores.
\`npm run bench -- --write\` measured this on ${day} and wrote all of it, so change the bench rather than this page.

## How it is measured

- Everything is measured in one run, interleaved: each round runs each case once, in shuffled order. What disturbs the
  machine disturbs all of them.
- Figures are medians over the rounds. Ratios are medians of the ratios within one round, so they can differ a little
  from the quotient of two figures.
- What is counted is CPU time of the whole process, all of its threads: what a server has to pay for, whichever thread
  does the work. Of stores it is time, since most of what a write takes may be waiting for the disk.
- A small session is \`{"personId":42}\`; one of 1 KB is a cart of 16 things.
- Each library is called by its public API, and is asked first whether it reads what it wrote.
- *Signed by hand* is what somebody writes who wants no library: JSON and HMAC-SHA-256 (\`createHmac\`,
  \`timingSafeEqual\`), without time limits, key rotation, or a look at whether anything changed.
- In the tables, ▼ is where a peer takes less than Sojourn, and ✗ where Sojourn misses what it aims at; below each
  they are named.

On ${cpu} (${platform}), Node ${node}, OpenSSL ${openssl}. Trust the ratios more than the microseconds: they differ less
from one machine to another.`,
  ]
  if (primitive !== null) {
    parts.push(`## The session primitive

What a request's session work is, without a server: a \`Cookie\` header in, a value of the session out; and the same with
a changed value, as a \`Set-Cookie\` out. Medians of ${rounds * 3} rounds.

Libraries that give promises, Sojourn among them, have 16 operations in flight at a time (h3 4): one at a time, those that
work on other threads would pay for waking them up. Sojourn remembers tokens that it opened: the next request
with one costs a look-up, and both are shown. koa-session has but one operation, so that its read is a commit as well;
for cookie-session and express-session a read ends where the handler has its value. express-session keeps the data in
memory, and its cookie is a signed id.

${primitive}`)
  }
  if (requests !== null) {
    parts.push(`## Whole requests

CPU that sessions add to a request: the server's, above that of the same server without sessions in the same round, whose
visitors send no cookie. In brackets: all of what that one takes. Medians of ${rounds} rounds of up to 2,000 requests.

Over loopback, ${connections} connections that stay open. ${visitors} signed-in visitors take turns, each with a session that the server gave
them; changes are asked of a process of their own. Each server is a process with \`NODE_ENV=production\`, which waits while
others are measured, and is told to keep what V8 takes from idle processes. Whether a handler reads or changes the session,
it answers with a few bytes of text. Sojourn is the only one that also sends \`Vary\` and \`Cache-Control\` where the session
was read. *Signed by hand* is the cookie on node:http, for servers of any kind. Fastify and Koa, for which Sojourn has no
adapter, are compared with Sojourn on node:http.

${requests}`)
  }
  if (stores !== null) {
    parts.push(`## Stores

What a store takes for one operation, one at a time: each is awaited before the next. Microseconds of time, the mean of up
to 5,000 calls, so that a write has its share of what SQLite takes now and then to move its journal into its file. Medians
of ${rounds} rounds. The last column compares the most sessions that a store was given with 1,000.

Sessions have random ids and some 200 bytes of data, and random ones are read and changed. Each store with each number of
sessions is a process of its own, which waits while others are measured; files are in the folder for temporary files.
${
  hasOwnSqlite
    ? 'Sojourn’s SQLite store is measured on Node’s own driver and on libsql.'
    : 'This Node has no SQLite of its own, so that Sojourn’s SQLite store is measured on libsql alone.'
}
It loses no write when the process crashes; a loss of power may undo the last ones, but no ending, which is on the disk
when it is answered (\`synchronous = FULL\`, so that it takes what the disk takes). lmdb writes to the disk in each of its
transactions, which are one write each here; it would take many at a time in about the same time. A Map has nothing on a
disk. session-file-store renames a finished file into place, and waits for the disk (\`fsync\`) before that. It is given
10,000 sessions at most, since each is a file of its own.

Sojourn changes one key where the others write the whole session: theirs is the cost without having read it before. Ending
a session leaves a note with Sojourn, and nothing with the others. Only Sojourn knows whose a session is.

Memory is what the process has (resident) above what it had before the store was imported. Sessions were loaded by another
process, except into the Map. Of lmdb it includes the pages of its file that were read, which the system can take back.
The pause of a sweep is the longest time in which the process did nothing else, median of three sweeps.
For a Map it is a loop over all of them; for lmdb one by steps of 1,000; for session-file-store what its own interval runs.

${stores}`)
  }
  if (redis !== null) parts.push(redisPart(redis, rounds))
  if (postgres !== null) parts.push(postgresPart(postgres, rounds))
  parts.push(`## Versions

${[...packages, ...engines].join(', ')}.`)
  return `${parts.join('\n\n')}\n`
}
