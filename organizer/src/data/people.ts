import type { Db } from './db.ts'

export interface Person {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  /** Which of the person's passwords this is: the first is 1, and each change makes it one more. */
  readonly passwordNumber: number
  /** The number of the oldest password whose sign-ins go on: this one's, unless it was to end none. */
  readonly oldestPassword: number
  /** The demo account, which exists in development only. */
  readonly demo: boolean
  readonly createdAt: number
}

/** Somebody to be added. */
interface NewPerson {
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  readonly demo?: boolean
}

interface PasswordChange {
  readonly expectedNumber: number
  /** What becomes of the sessions that were opened with the passwords of before. */
  readonly others?: 'ended' | 'kept'
}

export type People = ReturnType<typeof createPeople>

interface Row {
  id: number
  email: string
  name: string
  password_hash: string
  password_number: number
  oldest_password: number
  demo: number
  created_at: number
}

/** The people who may sign in. Without `withDemo`, a demo account that is still in the database is not among them. */
export function createPeople(db: Db, { withDemo, now = Date.now }: { withDemo: boolean; now?: () => number }) {
  const shown = withDemo ? 1 : 0
  const byId = db.prepare('SELECT * FROM people WHERE id = ? AND demo <= ?')
  const byEmail = db.prepare('SELECT * FROM people WHERE email = ? AND demo <= ?')
  const all = db.prepare('SELECT * FROM people WHERE demo <= ? ORDER BY email')
  const removeDemo = db.prepare('DELETE FROM people WHERE email = ? AND demo = 1')
  const insert = db.prepare(
    `INSERT INTO people (email, name, password_hash, demo, created_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (email) DO NOTHING`,
  )
  const setName = db.prepare('UPDATE people SET name = ? WHERE id = ?')
  const setPassword = db.prepare(
    `UPDATE people SET password_hash = ?, password_number = password_number + 1,
       oldest_password = CASE ? WHEN 'ended' THEN password_number + 1 ELSE oldest_password END
      WHERE id = ? AND password_number = ?`,
  )
  return {
    byId: (id: number) => person(byId.get(id, shown)),
    byEmail: (email: string) => person(byEmail.get(email, shown)),
    all: () => (all.all(shown) as Row[]).map(fromRow),

    /** Adds a person and resolves to them, or to `null` when the address is taken. One who is real replaces the demo account. */
    add({ email, name, passwordHash, demo = false }: NewPerson) {
      if (!demo) removeDemo.run(email)
      const { changes } = insert.run(email, name, passwordHash, demo ? 1 : 0, now())
      return Number(changes) === 1 ? person(byEmail.get(email, 1)) : null
    },

    rename: (id: number, name: string): void => void setName.run(name, id),

    /**
     * Writes a new password's hash, and with it the number that is one more than `expectedNumber`, which ends every
     * session of another number, unless they are to be `kept`. Gives the person as they are then; `null`, writing nothing,
     * when the number was not the expected one: somebody else has changed the password since it was read.
     */
    changePassword(id: number, passwordHash: string, { expectedNumber, others = 'ended' }: PasswordChange) {
      const { changes } = setPassword.run(passwordHash, others, id, expectedNumber)
      return Number(changes) === 1 ? person(byId.get(id, shown)) : null
    },
  }
}

/** The one spelling of an address under which a person is kept; `null` when it is not an address. */
export function normalEmail(text: string): string | null {
  const email = text.normalize('NFKC').trim().toLowerCase()
  return email.length <= 254 && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email) ? email : null
}

function person(row: unknown): Person | null {
  return row ? fromRow(row as Row) : null
}

function fromRow(row: Row): Person {
  const { id, email, name } = row
  return {
    id,
    email,
    name,
    passwordHash: row.password_hash,
    passwordNumber: row.password_number,
    oldestPassword: row.oldest_password,
    demo: row.demo === 1,
    createdAt: row.created_at,
  }
}
