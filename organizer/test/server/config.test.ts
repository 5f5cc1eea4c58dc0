import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/server/config.ts'

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
})
