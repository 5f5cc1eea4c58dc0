import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../../src/index.ts'
import { day } from '../../support/clock.ts'
import { secret } from '../../support/sessions.ts'
import { ada, at, env, json, report } from '../../support/cli-inspect.ts'
import { folder } from '../../support/cli.ts'

let cookie: string
beforeAll(async () => {
  cookie = await ada()
})

describe('keys', () => {
  it('says which fallback fits, and that the cookie will be sealed again', async () => {
    const old = await ada({ secrets: [secret('older')] })

    expect((await report([old])).rows['sealed by']).toMatch(
      /^fallback 1 \(key id [\da-f]{8}\), will be sealed with the new key on its next request$/,
    )
    expect(await json([old])).toMatchObject({ code: 0, outcome: 'active', key: 1 })
  })

  it('says if no key fits', async () => {
    const foreign = await ada({ secrets: [secret('foreign')] })

    const { code, stdout, rows } = await report([foreign])
    expect(code).toBe(1)
    expect(stdout).toContain(explain('unknown-key').fix)
    expect(rows['sealed by']).toMatch(/^key id [\da-f]{8}, which is not one of the keys here$/)
    expect(rows['keys here']).toMatch(/^SECRET_KEY of the environment \([\da-f]{8}\)$/)
    expect(stdout).toMatch(/\n {13}fallback 1 of the environment \([\da-f]{8}\)\n/)
    expect(stdout).toContain('Run this in the folder of the application that sealed it.')
    expect(await json([foreign])).toMatchObject({ outcome: 'unknown-key', key: null, issuedAt: null })
  })

  it('are read from .env where SECRET_KEY is not set', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, '.env'), `SECRET_KEY="${env.SECRET_KEY}"\nPERMANENT_SESSION_LIFETIME=60\n`)

    expect(await json([cookie], { cwd, env: {} })).toMatchObject({ outcome: 'active', expiresAt: at + 60_000 })
    const { SECRET_KEY } = env
    expect(await json([cookie], { cwd, env: { SECRET_KEY } })).toMatchObject({ expiresAt: at + 7 * day * 1000 })
    const other = { SECRET_KEY: secret('other') }
    expect(await json([cookie], { cwd, env: other })).toMatchObject({ outcome: 'unknown-key' })
  })

  it('are, in development, the one that was made and kept', async () => {
    const cwd = developed()

    expect((await report([cookie], { cwd, env: {} })).rows['sealed by']).toMatch(/^the development key \(/)
    const production = await report([cookie], { cwd, env: { NODE_ENV: 'production' } })
    expect(production).toMatchObject({ code: 2, stdout: '' })
  })

  it('are, beside .env, that of development too: then the application runs without .env, or did', async () => {
    const cwd = developed()
    writeFileSync(join(cwd, '.env'), `SECRET_KEY=${secret('written')}\n`)
    const { code, stdout, rows } = await report([cookie], { cwd, env: {} })

    expect(code).toBe(1)
    expect(stdout).toMatch('✗ This session was sealed with the development key.\n')
    expect(stdout).toContain('it runs without this .env. Start it with: node --env-file=.env server.mjs')
    expect(stdout).not.toContain('keys here')
    expect(rows).toMatchObject({ outcome: 'unknown-key', user: 'ada' })
    expect(rows['sealed by']).toMatch(/^the development key \(key id [\da-f]{8}\)$/)
    expect(rows['expires']).toContain('(in 7 days)')
    expect(await json([cookie], { cwd, env: {} })).toMatchObject({ code: 1, outcome: 'unknown-key', key: null })

    const own = await ada({ secrets: [secret('written')] })
    expect(await json([own], { cwd, env: {} })).toMatchObject({ code: 0, outcome: 'active', key: 0 })
    expect((await report([cookie], { cwd, env: { NODE_ENV: 'production' } })).stdout).not.toContain('of development')
  })

  it('that were tried are listed if none fits, with their source', async () => {
    const cwd = developed()
    writeFileSync(join(cwd, '.env'), `SECRET_KEY=${secret('written')}\n`)
    const foreign = await ada({ secrets: [secret('foreign')] })
    const { stdout, rows } = await report([foreign], { cwd, env: {} })

    expect(rows['keys here']).toMatch(/^SECRET_KEY of \.env \([\da-f]{8}\)$/)
    expect(stdout).toMatch(/\n {13}the development key \([\da-f]{8}\)\n/)
    const other = await report([foreign], { cwd: developed(), env: {} })
    expect(other.rows['keys here']).toMatch(/^the development key \([\da-f]{8}\)$/)
  })

  it('one that a cookie names, and that does not open it, is reported', async () => {
    const { stdout, rows } = await report(['--name', 'elsewhere', cookie.slice('__Host-Http-session='.length)])

    expect(stdout).toMatch(
      '✗ The browser sent a session that was cut short or changed, or that belongs to another application.\n',
    )
    expect(rows).toMatchObject({ outcome: 'forged' })
    expect(rows['sealed by']).toMatch(/^key id [\da-f]{8} \(SECRET_KEY\), but the seal is not valid$/)
  })

  it.each([
    [{}, 'There is no key to open cookies with. Set the SECRET_KEY'],
    [{ SECRET_KEY: 'short' }, 'has 5 bytes; use at least 32'],
    [{ SECRET_KEY_FALLBACKS: 'x' }, 'SECRET_KEY_FALLBACKS is set, but SECRET_KEY is not'],
  ])('that are invalid are reported, with exit code 2: %j', async (given: Record<string, string>, complaint) => {
    const { code, stdout, stderr } = await report([cookie], { env: given })

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(complaint)
  })
})

/** A folder where development made a key: that of `cookie`. */
function developed(): string {
  const cwd = folder()
  const place = join(cwd, 'node_modules/.cache/sojourn')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'development.key'), `${env.SECRET_KEY}\n`)
  return cwd
}
