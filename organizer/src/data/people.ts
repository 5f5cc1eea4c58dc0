import type { Db } from './db.ts'

export interface Person {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  /** The demo account, which exists in development only. */
  readonly demo: boolean
  readonly createdAt: number
}

export type People = ReturnType<typeof createPeople>

interface Row {
  id: number
  email: string
  name: string
  password_hash: string
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
  return {
    byId: (id: number) => person(byId.get(id, shown)),
    byEmail: (email: string) => person(byEmail.get(email, shown)),
    all: () => (all.all(shown) as Row[]).map(fromRow),

    /** Adds a person and resolves to them, or to `null` when the address is taken. One who is real replaces the demo account. */
    add({ email, name, passwordHash, demo = false }: Omit<Person, 'id' | 'createdAt' | 'demo'> & { demo?: boolean }) {
      if (!demo) removeDemo.run(email)
      const { changes } = insert.run(email, name, passwordHash, demo ? 1 : 0, now())
      return Number(changes) === 1 ? person(byEmail.get(email, 1)) : null
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

function fromRow({ id, email, name, password_hash: passwordHash, demo, created_at: createdAt }: Row): Person {
  return { id, email, name, passwordHash, demo: demo === 1, createdAt }
}
