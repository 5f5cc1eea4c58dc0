import { delay, inFlight } from './redis/latency.mjs'
import { connections, visitors } from './requests.mjs'

/** What is to be read of Redis. @param {string} tables @param {number} rounds */
export const redisPart = (tables, rounds) => `## Redis

Sessions in a Redis that the bench starts for itself, on the same machine: as it comes, without an append-only file. What
is kept is what the servers above keep. Sojourn has them on node:http and on Express, with node-redis (RESP3), with its
\`clientSideCache\`, with ioredis, and with a copy in the cookie (*store + copy*: \`unconfirmedFor\`). express-session and
@fastify/session have connect-redis by node-redis, and what they come with; the latter without \`rolling\` as well, when a
session that is only read is not written, and ends a set time after it was last changed.

Commands, round trips and bytes are counted by a proxy between a server and Redis: means of requests one at a time, after
each visitor's first. A script is one command; its text, which is sent once, is not counted. Of a session that is only
read Sojourn writes down that it was used once an hour (\`touchAfter\`); express-session and @fastify/session do so with each
request, and the row *each request touches* is Sojourn when it does. A sign-in of Sojourn's holds the session in a list of
its user's, writes it, and looks whether all of the user's sessions were ended meanwhile, one after the other; the others
write it and know no users.

CPU is the server's, above that of the same server without sessions in the same round; what Redis itself takes is not in
it. ${connections} connections, ${visitors} visitors, as above; medians of ${rounds} rounds of up to 1,000 requests. Each
sign-in is of a user of its own.

Latency is with a second Redis, whose answers a proxy gives ${delay} ms late, so that a round trip takes ${delay} ms and
some more. ${inFlight} requests are in flight; medians and 99th percentiles of all rounds.

Operations of the stores by themselves are one at a time, as those of SQLite above: microseconds of time, most of which is
waiting for Redis. Each store has a Redis of its own. The bytes of a listing are as Redis counts them; a user among more
has a longer id.

Memory is what Redis has in use (\`used_memory\`), above what it has without sessions. Each signed-in session is of a user of
its own, with a list for it alone; express-session and @fastify/session have no such lists.

${tables}`

/** What is to be read of Postgres. @param {string} tables @param {number} rounds */
export const postgresPart = (tables, rounds) => `## Postgres

What a store takes for one operation, one at a time, as above, in medians of ${rounds} rounds: with a pool of pg, in a
Postgres that the bench starts for itself with the settings that it comes with, so that a write is on the disk when it is
answered. Sojourn changes one key where connect-pg-simple writes the whole session.

Room on the disk is that of the table with its indexes. Each signed-in session is of a user of its own.

${tables}`
