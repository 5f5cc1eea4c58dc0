import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../src/server/config.ts'

describe('the configuration', () => {
  it('has these defaults', () => {
    expect(readConfig({})).toEqual({
      production: false,
      host: '127.0.0.1',
      port: 5000,
      isPortFixed: false,
      trustProxy: 0,
      dataDir: '.data',
      databaseUrl: null,
      sessionType: 'sqlite',
      redisUrl: 'redis://127.0.0.1:6379',
    })
  })

  it.each([
    [{ PORT: '65536' }, 'PORT is "65536"'],
    [{ TRUST_PROXY: 'yes' }, 'TRUST_PROXY is "yes"'],
    [{ DATABASE_URL: 'db.example.com/hunter2' }, 'DATABASE_URL is not a server address. Use postgres://'],
    [{ REDIS_URL: 'http://:hunter2@127.0.0.1' }, 'REDIS_URL is not a server address. Use redis://'],
  ])('is refused with %j, without showing a password', (env, sentence) => {
    const error = expect.objectContaining({ message: expect.stringContaining(sentence) })
    expect(() => readConfig(env)).toThrow(error)
    expect(() => readConfig(env)).toThrow(ConfigError)
    expect(() => readConfig(env)).not.toThrow('hunter2')
  })
})
