import { storeCommandHelp } from './help-store-commands.ts'

/** Returns the overview of all commands. */
export function helpText(): string {
  return `sojourn: sessions that stay

  npx sojourn key        creates the key that seals sessions, and rotates it
  npx sojourn inspect    answers "why am I logged out?" for a cookie
  npx sojourn doctor     checks what deployments get wrong: keys, store, clock, cookies
  npx sojourn sessions   lists, shows, counts and ends the sessions in a store
  npx sojourn move       moves all sessions from one store to another
  npx sojourn migrate    prints the lines to change in an application that uses another library

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

  migrate: `npx sojourn migrate [FOLDER]

Prints the lines to change so that an application uses Sojourn, and its users stay signed in. Reads package.json in
FOLDER, and the code that loads a library for sessions: express-session, cookie-session, iron-session, Auth.js and others.
It changes nothing, and prints no secret.

  FOLDER   the folder of the application. Default: this one
  --json   prints one JSON object: the libraries, and the lines that load them

Exit codes: 0 lines are printed, 1 there is nothing to change, 2 wrong use.

Examples:
  npx sojourn migrate
  npx sojourn migrate apps/web
`,

  ...storeCommandHelp,
}

/** Returns the help of a command. */
export function helpFor(command: string): string {
  return commandHelp[command] ?? helpText()
}
