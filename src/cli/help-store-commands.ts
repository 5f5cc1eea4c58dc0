/** The help of the commands that open a store. */
export const storeCommandHelp: Readonly<Record<string, string>> = {
  doctor: `npx sojourn doctor [STORE] [--url URL]…

Checks a deployment. It reads the environment of the application, and .env in this folder. Run it where a server runs, with
the variables that the server has. It changes nothing. With STORE or --url, and without SECRET_KEY and SESSION_TYPE, only
this store and these pages are checked.

  environment   keys: length, known examples, quotes, duplicates, age of .env. NODE_ENV, and the variables of cookies
  store         whether it answers, and its clock. Redis: eviction, persistence, role, version. Postgres: table, rights,
                role, encoding. SQLite: a place that is lost or shared, rights, a missing journal
  URL           why browsers drop a cookie, Secure, HttpOnly, SameSite, Vary, Cache-Control, Strict-Transport-Security,
                the redirect from http, the clock, and whether all servers have the same key

  STORE           checks this store instead of the one that SESSION_TYPE names: sqlite:FILE, redis://…, postgres://… or
                  env:NAME, as in npx sojourn sessions --help
  --url URL       fetches a page that sets a session cookie, such as the sign-in page. Give it several times to compare
                  servers
  --prefix TEXT   the prefix of keys in Redis. Default: sojourn:
  --table NAME    the table in SQLite or Postgres. Default: sojourn_sessions
  --json          prints one JSON object: ok, findings (code, sentence, fix, see) and facts

Exit codes: 0 nothing wrong was found, 1 something is wrong, 2 wrong use.

Examples:
  npx sojourn doctor
  npx sojourn doctor env:REDIS_URL
  npx sojourn doctor --url https://shop.example/login
  npx sojourn doctor --url http://10.0.0.1:3000/login --url http://10.0.0.2:3000/login
`,

  sessions: `npx sojourn sessions list STORE [USER]
npx sojourn sessions count STORE [USER]
npx sojourn sessions show STORE ID
npx sojourn sessions revoke STORE ID
npx sojourn sessions revoke-all STORE USER

list prints the sessions of a user, the last used first, or of everyone. count prints how many there are. show prints one
session, without the values of its data. revoke ends one session, revoke-all ends all sessions of a user. Its user has to
sign in again, on any server, and sees the outcome 'revoked'.

STORE is one of these:

  sqlite:FILE                           a file, such as sqlite:.data/sessions.db
  redis://USER:PASSWORD@HOST:PORT/0     Redis or Valkey; rediss:// for TLS
  postgres://USER:PASSWORD@HOST/DB      Postgres
  env:NAME                              one of these, from an environment variable. Then the list of processes does not
                                        show its password
  env                                   the store of SESSION_TYPE and its variables, of the environment or of .env

  --prefix TEXT   the prefix of keys in Redis. Default: sojourn:
  --table NAME    the table in SQLite or Postgres. Default: sojourn_sessions
  --user USER     the user of the session ID. Then it is found at once; otherwise all sessions are searched for it
  --show          show prints the values of the session's data
  --yes           revoke and revoke-all do not ask. Without a terminal they need it
  --json          prints JSON: list one object per line, the others one object. Instants are epoch milliseconds

A session that ends leaves a note in the store until no cookie of it can open any more. This takes
SESSION_ABSOLUTE_LIFETIME seconds. Default: 2592000 (30 days). Set it if your application has a longer absoluteTimeout.

Exit codes: 0 success, 1 there is no such session, it is over, or the store does not respond, 2 wrong use.

Examples:
  npx sojourn sessions list env ada
  npx sojourn sessions show sqlite:.data/sessions.db hT9bEwvWXQ4YH1pVlb3k2g --show
  npx sojourn sessions revoke-all env:REDIS_URL ada --yes
`,

  move: `npx sojourn move FROM TO

Copies all sessions from one store to another, and then compares each of them. It also copies which sessions ended, so
that they stay ended. Nothing is removed from FROM.

  sqlite:FILE                           a file, such as sqlite:.data/sessions.db
  redis://USER:PASSWORD@HOST:PORT/0     Redis or Valkey; rediss:// for TLS
  postgres://USER:PASSWORD@HOST/DB      Postgres
  env:NAME                              one of these, from an environment variable. Then the list of processes does not
                                        show its password

  --from-prefix TEXT   the prefix of keys in FROM, if it is Redis. Default: sojourn:
  --to-prefix TEXT     the same for TO
  --from-table NAME    the table in FROM, if it is SQLite or Postgres. Default: sojourn_sessions
  --to-table NAME      the same for TO. The table is created
  --dry-run            changes nothing, and reports what it would do
  --no-decide          copies and compares, but FROM still decides: a rehearsal. Then run it again without this option
  --yes                does not ask on a terminal whether every server has both stores
  --json               prints one JSON object: moved, already, ended, differing, left, and took, in seconds

While servers run, each of them must have both(to, from) of sojourn/move. If you start earlier, servers that only have
FROM will sign people out. Afterwards, servers may have TO alone. A move that was interrupted, by Ctrl-C for example,
continues when you run it again. After a complete move, TO decides. Then another run does not copy sessions that TO
does not have, because they may have ended there. It counts them as left.

Exit codes: 0 all sessions are in TO, 1 some are not, or a store does not respond, 2 wrong use.

Examples:
  npx sojourn move sqlite:.data/sessions.db redis://localhost:6379 --dry-run
  npx sojourn move sqlite:.data/sessions.db env:REDIS_URL
  npx sojourn move redis://localhost:6379 postgres://localhost/shop --from-prefix shop: --to-table shop.sessions
`,
}
