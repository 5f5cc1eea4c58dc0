/** What there is, in a screen. */
export function helpText(): string {
  return `sojourn: sessions that stay

  npx sojourn key        makes the key that seals sessions, and rotates it
  npx sojourn inspect    answers "why am I logged out?" for a cookie
  npx sojourn move       moves all sessions from one store to another

  npx sojourn key --help, npx sojourn inspect --help …  what each can do
  npx sojourn --version                                 which version this is

Exit codes: 0 all is well, 1 something is not, 2 wrong use.
`
}

const commandHelp: Readonly<Record<string, string>> = {
  key: `npx sojourn key [--write FILE] [--rotate]

Prints a new key as one line, SECRET_KEY=…, made of 32 random bytes.

  --write FILE   appends the line to FILE, such as .env, instead of printing it. FILE is made if there is none, and
                 only its owner can read it afterwards. A key that is there stays.
  --rotate       puts a new key in front and the former one into SECRET_KEY_FALLBACKS, where it still opens what it
                 sealed. With --write in FILE; without, it takes the two variables of the environment and prints
                 both new lines.

Examples:
  npx sojourn key --write .env
  npx sojourn key --write .env --rotate
`,

  inspect: `npx sojourn inspect [COOKIE]

Says what became of a session: whether its cookie opens, which key fits, when it was issued and when it ends, and what
it holds. COOKIE is the value, name=value, or a whole Cookie or Set-Cookie line. Without it, cookies are read from
standard input, one a line, and stay out of the history of your shell.

  --format FORMAT         sealed, flask for Flask's own cookie, or flask-session. Without, a value with dots is Flask's,
                          and one that looks like an id of Flask-Session is Flask-Session's
  --name COOKIE_NAME      the name it was set under; sealed with it. Without, the usual names are tried
  --audience TEXT         the option audience of createSessions; sealed with it as well
  --user-key KEY          where the user's id stands in Flask's session, else person_id
  --max-age SECONDS       the idle timeout; else PERMANENT_SESSION_LIFETIME, else 604800 (7 days)
  --now UNIX_SECONDS      judges it as of another time
  --show                  shows the values of its data
  --json                  one JSON object a line: with dataBytes, the size of each value, or with --show with data, and
                          for Flask's cookie also taggedJson: the JSON that Flask writes for what it holds

Keys are SECRET_KEY and SECRET_KEY_FALLBACKS of the environment or of .env in this folder; without one, the key that
was made here for development. It asks no store, nor the running application: that a session was signed out or renewed,
no cookie tells. The absolute timeout is SESSION_ABSOLUTE_LIFETIME, else 2592000 seconds (30 days).

Exit codes: 0 all are active, 1 one is not, 2 wrong use.

Examples:
  npx sojourn inspect '__Host-session=AQ…'
  npx sojourn inspect --show < cookie.txt
  npx sojourn inspect --json < cookies.txt
  npx sojourn inspect --format flask --show 'session=eyJ…'
`,

  move: `npx sojourn move FROM TO

Moves all sessions from one store to another, with those that ended, so that they stay ended. Then it looks at each of
them once more. Nothing is removed from FROM.

  sqlite:FILE                           a file, such as sqlite:.data/sessions.db
  redis://USER:PASSWORD@HOST:PORT/0     Redis or Valkey; rediss:// for TLS
  postgres://USER:PASSWORD@HOST/DB      Postgres
  env:NAME                              one of these, from a variable: its password is in no list of processes

  --from-prefix TEXT   what each key begins with in Redis, where that is FROM; else sojourn:
  --to-prefix TEXT     the same in TO
  --from-table NAME    the table in SQLite or Postgres, where that is FROM; else sojourn_sessions
  --to-table NAME      the same in TO; it is made there
  --dry-run            only looks, and says what it would do
  --no-decide          copies all and looks once more, but FROM goes on deciding: a rehearsal, to be done again without
  --yes                does not ask, at a terminal, whether each server has both
  --json               one JSON object: moved, already, ended, differing, left, and took, in seconds

While servers are up, each of them has both(to, from) of sojourn/move: begun before that, it signs people out at those
that have FROM alone. Afterwards they may have TO alone. What was stopped, by Ctrl-C or otherwise, goes on when it is
begun again. Once it is done, TO decides: begun once more it brings in no session that TO has not, since that may have
ended there, and counts it as left out.

Exit codes: 0 all of them are there, 1 some are not, or a store does not answer, 2 wrong use.

Examples:
  npx sojourn move sqlite:.data/sessions.db redis://localhost:6379 --dry-run
  npx sojourn move sqlite:.data/sessions.db env:REDIS_URL
  npx sojourn move redis://localhost:6379 postgres://localhost/shop --from-prefix shop: --to-table shop.sessions
`,
}

/** What a command can do. */
export function helpFor(command: string): string {
  return commandHelp[command] ?? helpText()
}
