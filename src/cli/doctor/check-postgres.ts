import { createLazyPool } from '../../stores/postgres/open.ts'
import { findMissingObjects } from '../../stores/postgres/table.ts'
import type { RunQuery } from '../../stores/postgres/types.ts'
import { postgresStore } from '../../stores/postgres/store.ts'
import { SojournError } from '../../core/errors.ts'
import { checkClock } from './check-clock.ts'
import { finding, joinExaminations, type Examination, type Finding } from './finding.ts'

/** Checks a Postgres: its clock, its role, its settings, the table, and the rights on it. */
export async function checkPostgres(url: string, table: string, name: string): Promise<Examination> {
  const { runOnce, close } = createLazyPool(url)
  try {
    const server = await checkServer(runOnce, name)
    const tables = await checkTables(runOnce, url, table, name)
    const clock = await checkClock(name, async () => {
      const [now] = await runOnce<number>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS result',
      )
      return now!
    })
    return joinExaminations([{ findings: [...server, ...tables], facts: [] }, clock])
  } finally {
    await close()
  }
}

interface ServerState {
  readonly isReplica: boolean
  readonly encoding: string
  readonly fsync: string
}

async function checkServer(run: RunQuery, name: string): Promise<Finding[]> {
  const [state] = await run<ServerState>(
    `SELECT json_build_object('isReplica', pg_is_in_recovery(), 'encoding', current_setting('server_encoding'),
      'fsync', current_setting('fsync'))::text AS result`,
  )
  const { isReplica, encoding, fsync } = state!
  const findings: Finding[] = []
  if (isReplica) {
    const sentence = `${name} is a replica, which refuses writes. Users cannot sign in or out.`
    findings.push(finding('postgres-replica', 'postgres', sentence, 'Name the primary in DATABASE_URL.'))
  }
  if (encoding !== 'UTF8') {
    const sentence = `The encoding of ${name} is ${encoding}, which cannot keep every text.`
    findings.push(finding('postgres-encoding', 'postgres', sentence, "Create a database with ENCODING 'UTF8'."))
  }
  if (fsync !== 'on') {
    const sentence = `${name} does not wait for the disk (fsync = ${fsync}), so a loss of power can destroy the database.`
    findings.push(finding('postgres-fsync', 'postgres', sentence, 'Set fsync = on in postgresql.conf, and restart it.'))
  }
  return findings
}

async function checkTables(run: RunQuery, url: string, table: string, name: string): Promise<Finding[]> {
  const missing = await findMissingObjects(run, table)
  const create = 'Call await store.createTable() once, or run the SQL of postgresTable() in a migration.'
  if (missing.includes(table)) {
    const sentence = `${name} has no table ${table}, so every request with a session fails.`
    return [finding('postgres-table', 'postgres', sentence, create)]
  }
  if (missing.length > 0) {
    const sentence = `${name} lacks parts of the table ${table}: ${missing.join(', ')}. Another version of Sojourn may have created it.`
    return [finding('postgres-table-part', 'postgres', sentence, create)]
  }
  if (await isForeign(url, table)) {
    const sentence = `${name} has a table ${table} that this version of Sojourn did not create.`
    const fix = 'Name another table: postgresStore(client, { table }).'
    return [finding('postgres-table-foreign', 'postgres', sentence, fix)]
  }
  const refused = await findMissingRights(run, table)
  if (refused.length === 0) return []
  const sentence = `The role of ${name} lacks rights on its tables: ${refused.join(', ')}.`
  const fix = `Run "GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_users TO …" as the owner.`
  return [finding('postgres-rights', 'postgres', sentence, fix)]
}

async function isForeign(url: string, table: string): Promise<boolean> {
  const store = postgresStore(url, { table })
  try {
    await store.read({ id: 'nobody', userId: null })
    return false
  } catch (error) {
    return error instanceof SojournError && error.code === 'ERR_STORE_CLIENT'
  } finally {
    await store.close()
  }
}

async function findMissingRights(run: RunQuery, table: string): Promise<string[]> {
  const refused: string[] = []
  for (const name of [table, `${table}_users`])
    for (const right of ['SELECT', 'INSERT', 'UPDATE', 'DELETE']) {
      const quoted = `"${name.replace('.', '"."')}"`
      const [has] = await run<boolean>('SELECT has_table_privilege($1::text, $2::text)::text AS result', [
        quoted,
        right,
      ])
      if (has !== true) refused.push(`${right} on ${name}`)
    }
  return refused
}
