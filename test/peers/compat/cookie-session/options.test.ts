import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import Keygrip from 'keygrip'
import type published from 'sojourn/compat/cookie-session'
import type { CookieSessionObject, CookieSessionOptions } from 'sojourn/compat/cookie-session'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { expect, expectTypeOf, it, vi } from 'vitest'
import { cookieSession, keys } from './serve.ts'

it('is callable by import and by require, and is the same', () => {
  const required = createRequire(import.meta.url)('sojourn/compat/cookie-session') as typeof published
  expect(required({ keys })).toBeTypeOf('function')
  const script = `
    const required = require('sojourn/compat/cookie-session')
    import('sojourn/compat/cookie-session').then(({ default: imported }) => console.log(required === imported))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('true\n')
})

it('keeps the types of cookie-session', () => {
  expectTypeOf<CookieSessionOptions>().toExtend<CookieSessionInterfaces.CookieSessionOptions>()
  expectTypeOf<CookieSessionObject>().toExtend<CookieSessionInterfaces.CookieSessionObject>()
})

it.each<[string, CookieSessionOptions, string]>([
  ['no keys', {}, '.keys required.'],
  ['an empty list', { keys: [] }, '.keys required.'],
  ['a list of keys that are not set', { keys: [undefined as never, ''] }, '.keys required.'],
  ['a key that is not in a list', { keys: 'key' as never }, 'keys must be a list of keys'],
  ['a lifetime that is not a number', { keys, maxAge: '1d' as never }, 'maxAge must be a number of milliseconds.'],
  ['another wire', { keys, wire: 'plain' as 'peer' }, "wire must be 'sealed' or 'peer'."],
  ['a store that no cookie uses', { keys, wire: 'peer', store: memoryStore() }, 'remove store'],
  ['a Keygrip that must seal', { keys: new Keygrip(keys) as never }, "set wire: 'peer'"],
  ['no function', { keys, userOf: 'userId' as never }, 'userOf must be a function'],
  ['milliseconds', { keys, idleTimeout: 7 * 24 * 3_600_000 }, 'idleTimeout must be a number of seconds'],
  ['a name that is none', { keys, name: 'my session' }, 'cookie'],
  ['a store of express-session', { keys, store: { get() {}, set() {} } as never }, 'store must be a SessionStore'],
])('refuses %s', (_what, options, message) => {
  expect(() => cookieSession(options)).toThrow(message)
})

it.each(['sealed', 'peer'] as const)('leaves out keys that are not set, with wire: %s', (wire) => {
  expect(cookieSession({ keys: [...keys, undefined as never], wire })).toBeTypeOf('function')
})

it('takes a lifetime of many years', () => {
  expect(cookieSession({ keys, maxAge: 1e13 })).toBeTypeOf('function')
})

it('warns of a short key in production, once', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.stubEnv('NODE_ENV', 'production')
  cookieSession({ keys: ['short'] })
  cookieSession({ keys: ['short'] })
  vi.unstubAllEnvs()
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('fewer than 32 characters'))
  warn.mockRestore()
})
