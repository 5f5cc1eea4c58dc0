import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { newRecord } from '../../../src/testing/store-suite/kit.ts'
import { ada, env, now } from '../../support/cli-inspect.ts'
import { folder, sojourn, sojournProcess } from '../../support/cli.ts'

const cookie = await ada()

// Most tests run the command in their own process. These show that nothing else comes of it there.
it.each([
  ['--help'],
  ['sessions', '--help'],
  ['kye'],
  ['key', '--write'],
  ['key', '--write', '.env'],
  ['inspect', ...now, cookie],
  ['inspect', ...now, '--json', '--show'],
  ['doctor', '--json'],
  ['sessions', 'list', 'sqlite:sessions.db', '--json'],
  ['sessions', 'show', 'env', 'none'],
  ['move', 'sqlite:sessions.db', 'sqlite:other.db', '--dry-run', '--json'],
  ['move', 'sqlite:none.db', 'sqlite:other.db'],
])('prints and exits alike in a process of its own: sojourn %s %s', async (...args) => {
  const cwd = folder()
  const file = join(cwd, '.env')
  writeFileSync(file, `SECRET_KEY=${env.SECRET_KEY}\nSESSION_TYPE=sqlite\nDATA_DIR=.\n`)
  utimesSync(file, 1e9, 1e9) // doctor prints its age
  const db = await openSqlite(join(cwd, 'sessions.db'))
  await sqliteStore(db).create(newRecord({ id: 'a'.repeat(22), lastSeenAt: Date.now() - 150_000 }))
  db.close()
  const around = { cwd, input: `${cookie}\nx\n` }

  const [here, own] = [await sojourn(args, around), await sojournProcess(args, around)]
  const withoutTimes = ({ code, stdout, stderr }: typeof own) => [code, stdout.replace(/"took":[\d.]+/, ''), stderr]
  expect(withoutTimes(own)).toEqual(withoutTimes(here))
})
