import type { Db, Value } from './db.ts'

export interface Person {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  /** The number of the person's password: the first is 1, and each change adds 1. */
  readonly passwordNumber: number
  /** Sessions that were opened with this password number, or a later one, are valid. */
  readonly oldestPassword: number
  /** The demo account, which exists in development only. */
  readonly demo: boolean
  readonly createdAt: number
}

interface NewPerson {
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  readonly demo?: boolean
}

interface PasswordChange {
  readonly expectedNumber: number
  /** Whether sessions that were opened with earlier passwords end. */
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

/** Creates the repository of people. Without `withDemo`, it leaves out a demo account in the database. */
export function createPeople(db: Db, { withDemo, now = Date.now }: { withDemo: boolean; now?: () => number }) {
  const maxDemo = withDemo ? 1 : 0

  async function queryOne(sql: string, values: readonly Value[]): Promise<Person | null> {
    const [row] = await db.rows<Row>(sql, values)
    return row === undefined ? null : toPerson(row)
  }

  return {
    async findById(id: number): Promise<Person | null> {
      // Another application that shares the sessions may use other ids.
      if (!Number.isSafeInteger(id)) return null
      return queryOne('SELECT * FROM people WHERE id = ? AND demo <= ?', [id, maxDemo])
    },

    findByEmail: (email: string) => queryOne('SELECT * FROM people WHERE email = ? AND demo <= ?', [email, maxDemo]),

    async list(): Promise<Person[]> {
      const rows = await db.rows<Row>('SELECT * FROM people WHERE demo <= ? ORDER BY email', [maxDemo])
      return rows.map(toPerson)
    },

    /** Adds a person. Resolves to `null` if the address is taken. A real person replaces the demo account. */
    async add({ email, name, passwordHash, demo = false }: NewPerson): Promise<Person | null> {
      if (!demo) await db.run('DELETE FROM people WHERE email = ? AND demo = 1', [email])
      return queryOne(
        `INSERT INTO people (email, name, password_hash, demo, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (email) DO NOTHING RETURNING *`,
        [email, name, passwordHash, demo ? 1 : 0, now()],
      )
    },

    /** Removes a person and their events. Resolves to whether there was one. */
    async remove(id: number): Promise<boolean> {
      return (await db.run('DELETE FROM people WHERE id = ?', [id])) > 0
    },

    async rename(id: number, name: string): Promise<void> {
      await db.run('UPDATE people SET name = ? WHERE id = ?', [name, id])
    },

    /**
     * Stores a new password's hash and adds 1 to the password number. This ends all sessions of earlier numbers, unless
     * `others` is `kept`. Resolves to the updated person. If the number is not `expectedNumber`, the password has been
     * changed meanwhile. Then it resolves to `null` and writes nothing.
     */
    changePassword: (id: number, passwordHash: string, { expectedNumber, others = 'ended' }: PasswordChange) =>
      queryOne(
        `UPDATE people SET password_hash = ?, password_number = password_number + 1,
           oldest_password = CASE WHEN ? = 'ended' THEN password_number + 1 ELSE oldest_password END
          WHERE id = ? AND password_number = ? AND demo <= ? RETURNING *`,
        [passwordHash, others, id, expectedNumber, maxDemo],
      ),
  }
}

/** Returns the form in which an email address is stored, or `null` if the text is not an address. */
export function normalizeEmail(text: string): string | null {
  const email = text.normalize('NFKC').trim().toLowerCase()
  return email.length <= 254 && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email) ? email : null
}

function toPerson(row: Row): Person {
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
