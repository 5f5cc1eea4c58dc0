import { expect } from 'vitest'
import { postgresStore, type PostgresClient, type PostgresStore } from '../../src/stores/postgres/store.ts'
import { sampleEnding, newRecord, createChange } from '../../src/testing/store-suite/kit.ts'
import { errorText } from '../support/error-text.ts'

const canary = (id: string) =>
  newRecord({ id, secretHash: 'canary', userId: 'canary', label: 'canary', data: { cart: '"canary"' } })

const there = { id: 'there', userId: 'canary' }

/** The errors of each verb. */
export async function errorsOf(store: PostgresStore): Promise<unknown[]> {
  const change = createChange({ set: { a: '"canary"' }, secretHash: 'canary', label: 'canary' })
  const asked = [
    store.create(canary('new')),
    store.create(canary('late'), { openedAt: performance.now() - 1 }, Date.now() + 9000),
    store.read(there),
    store.update(there, { secretHash: 'canary' }, change, Date.now() + 9000),
    store.end(there, sampleEnding),
    store.endAll('canary', sampleEnding),
    store.list('canary'),
    store.sweep(1),
  ]
  const results = await Promise.allSettled(asked)
  return results.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
}

/** These are errors, so many at least, and what a log may show of them is not a secret. */
export function showNothing(errors: unknown[], least: number): void {
  expect(errors.length).toBeGreaterThanOrEqual(least)
  for (const error of errors) {
    expect(error).toBeInstanceOf(Error)
    expect(errorText(error)).not.toContain('canary')
  }
}

/** A row that violates a check of the table, and a trigger that reports it. */
async function spoil(run: (sql: string) => PromiseLike<unknown>, table: string): Promise<void> {
  await run(`CREATE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.id = 'late' AND pg_trigger_depth() = 1 THEN PERFORM (NEW.data->>'cart')::jsonb; INSERT INTO ${table} SELECT NEW.*; END IF;
    RETURN NEW; END $$`)
  await run(`CREATE TRIGGER refuse BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse_${table}()`)
  await run(`ALTER TABLE ${table} ADD CHECK (id = 'there' AND version < 1 AND ended IS NULL)`)
}

/** No error of a client shows what was to be kept: not without a table, and not where its table refuses rows. */
export async function isSilent(client: PostgresClient, run: (sql: string) => PromiseLike<unknown>, name: string) {
  const missing = await errorsOf(postgresStore(client, { table: 'missing' }))
  showNothing(missing, 7)
  expect(missing[0]).toMatchObject({ code: 'ERR_STORE_CLIENT', cause: { code: '42883' } })

  const store = postgresStore(client, { table: name })
  await store.createTable()
  await store.create(canary('there'))
  await spoil(run, name)
  const refused = await errorsOf(store)
  showNothing(refused, 4)
  for (const error of refused)
    expect(error).toMatchObject({ code: '23514', message: expect.stringContaining('check constraint') })
}
