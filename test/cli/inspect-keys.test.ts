import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../src/index.ts'
import { day } from '../support/clock.ts'
import { secret } from '../support/sessions.ts'
import { ada, at, env, json, report } from './inspecting.ts'
import { folder } from './sojourn.ts'

let cookie: string
beforeAll(async () => {
  cookie = await ada()
})

describe('keys', () => {
  it('says which fallback fits, and that the cookie will be sealed anew', async () => {
    const old = await ada({ secrets: [secret('older')] })

    expect((await report([old])).rows['sealed by']).toMatch(
      /^fallback 1 \(key id [\da-f]{8}\), will be sealed anew on its next request$/,
    )
    expect(await json([old])).toMatchObject({ code: 0, outcome: 'active', key: 1 })
  })

  it('says when none fits', async () => {
    const foreign = await ada({ secrets: [secret('foreign')] })

    const { code, stdout, rows } = await report([foreign])
    expect(code).toBe(1)
    expect(stdout).toContain(explain('unknown-key').fix)
    expect(rows['sealed by']).toMatch(/^none of the keys here \(key id [\da-f]{8}\)$/)
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
    const cwd = folder()
    const place = join(cwd, 'node_modules/.cache/sojourn')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'development.key'), `${env.SECRET_KEY}\n`)

    expect((await report([cookie], { cwd, env: {} })).rows['sealed by']).toMatch(/^the key of development \(/)
    const production = await report([cookie], { cwd, env: { NODE_ENV: 'production' } })
    expect(production).toMatchObject({ code: 2, stdout: '' })
  })

  it.each([
    [{}, 'There is no key to open cookies with. Set SECRET_KEY'],
    [{ SECRET_KEY: 'short' }, 'has 5 bytes; use at least 32'],
    [{ SECRET_KEY_FALLBACKS: 'x' }, 'SECRET_KEY_FALLBACKS is set and SECRET_KEY is not'],
  ])('that are no use are told, with exit code 2: %j', async (given: Record<string, string>, complaint) => {
    const { code, stdout, stderr } = await report([cookie], { env: given })

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(complaint)
  })
})
