/** Returns the overview of all commands. */
export function helpText(): string {
  return `sojourn: sessions that stay

  npx sojourn key        creates the key that seals sessions, and rotates it
  npx sojourn inspect    answers "why am I logged out?" for a cookie
  npx sojourn sessions   lists, shows, counts and ends the sessions in a store
  npx sojourn move       moves all sessions from one store to another

  npx sojourn key --help, npx sojourn inspect --help …  the options of a command
  npx sojourn --version                                 the version

Exit codes: 0 success, 1 a problem was found, 2 wrong use.
`
}

const commandHelp: Readonly<Record<string, string>> = {
  key: `npx sojourn key [--write FILE] [--rotate]

Prints a new key as one line, SECRET_KEY=…, made of 32 random bytes.

  --write FILE   appends the line to FILE, such as .env, instead of printing it. Creates FILE if it does not exist, and
                 makes it readable by its owner only. If FILE has a key already, it is not changed.
  --rotate       makes the new key SECRET_KEY, and moves the former key to SECRET_KEY_FALLBACKS, where it still opens
                 the cookies that it sealed. With --write, this changes FILE. Otherwise both variables are read from
                 the environment, and both new lines are printed.

Examples:
  npx sojourn key --write .env
  npx sojourn key --write .env --rotate
`,

  inspect: `npx sojourn inspect [COOKIE]

Reports the state of a session: whether its cookie opens, which key fits, when it was issued, when it ends, and what it
contains. COOKIE is the value, name=value, or a whole Cookie or Set-Cookie line. Without COOKIE, cookies are read from
standard input, one per line. Then they do not appear in the history of your shell.

  --format FORMAT         sealed, flask for Flask's own cookie, or flask-session. Default: flask for a value with dots,
                          flask-session for a value that looks like its id, otherwise sealed
  --name COOKIE_NAME      the name of the cookie, which the seal includes. Default: the usual names are tried
  --audience TEXT         the option audience of createSessions, which the seal includes too
  --user-key KEY          the key of the user's id in Flask's session. Default: person_id
  --max-age SECONDS       the idle timeout. Default: PERMANENT_SESSION_LIFETIME, or 604800 (7 days)
  --now UNIX_SECONDS      checks the session as of another time
  --show                  shows the values of the session's data
  --json                  prints one JSON object per line, with dataBytes: the size of each value. With --show, it has
                          data instead, and for Flask's cookie also taggedJson: the JSON that Flask writes

The keys are SECRET_KEY and SECRET_KEY_FALLBACKS of the environment, or of .env in this folder. Without them, the
development key that was created here is used. inspect reads no store and does not ask the running application, so it
cannot see that a session was signed out or renewed. The absolute timeout is SESSION_ABSOLUTE_LIFETIME. Default:
2592000 seconds (30 days).

Exit codes: 0 all sessions are active, 1 at least one is not, 2 wrong use.

Examples:
  npx sojourn inspect '__Host-Http-session=AQ…'
  npx sojourn inspect --show < cookie.txt
  npx sojourn inspect --json < cookies.txt
  npx sojourn inspect --format flask --show 'session=eyJ…'
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

/** Returns the help of a command. */
export function helpFor(command: string): string {
  return commandHelp[command] ?? helpText()
}
