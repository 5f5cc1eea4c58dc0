import type { Db, Value } from './db.ts'

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

  async function one(sql: string, values: readonly Value[]): Promise<Person | null> {
    const [row] = await db.rows<Row>(sql, values)
    return row === undefined ? null : fromRow(row)
  }

  async function byId(id: number): Promise<Person | null> {
    // Another application that shares a session may call its people by something else.
    return Number.isSafeInteger(id) ? one('SELECT * FROM people WHERE id = ? AND demo <= ?', [id, shown]) : null
  }

  return {
    byId,
    byEmail: (email: string) => one('SELECT * FROM people WHERE email = ? AND demo <= ?', [email, shown]),
    all: async () => (await db.rows<Row>('SELECT * FROM people WHERE demo <= ? ORDER BY email', [shown])).map(fromRow),

    /** Adds a person and resolves to them, or to `null` when the address is taken. One who is real replaces the demo account. */
    async add({ email, name, passwordHash, demo = false }: NewPerson): Promise<Person | null> {
      if (!demo) await db.run('DELETE FROM people WHERE email = ? AND demo = 1', [email])
      return one(
        `INSERT INTO people (email, name, password_hash, demo, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (email) DO NOTHING RETURNING *`,
        [email, name, passwordHash, demo ? 1 : 0, now()],
      )
    },

    async rename(id: number, name: string): Promise<void> {
      await db.run('UPDATE people SET name = ? WHERE id = ?', [name, id])
    },

    /**
     * Writes a new password's hash, and with it the number that is one more than `expectedNumber`, which ends every
     * session of another number, unless they are to be `kept`. Resolves to the person as they are then; to `null`, writing
     * nothing, when the number was not the expected one: somebody else has changed the password since it was read.
     */
    changePassword: (id: number, passwordHash: string, { expectedNumber, others = 'ended' }: PasswordChange) =>
      one(
        `UPDATE people SET password_hash = ?, password_number = password_number + 1,
           oldest_password = CASE WHEN ? = 'ended' THEN password_number + 1 ELSE oldest_password END
          WHERE id = ? AND password_number = ? AND demo <= ? RETURNING *`,
        [passwordHash, others, id, expectedNumber, shown],
      ),
  }
}

/** The one spelling of an address under which a person is kept; `null` when it is not an address. */
export function normalEmail(text: string): string | null {
  const email = text.normalize('NFKC').trim().toLowerCase()
  return email.length <= 254 && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email) ? email : null
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
