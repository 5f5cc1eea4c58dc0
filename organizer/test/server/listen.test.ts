import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/server/config.ts'
import { listen } from '../../src/server/listen.ts'

describe('the default port', () => {
  it('is replaced by the next free one if it is taken', async () => {
    const config = readConfig({})
    const [first, second] = [createServer(), createServer()]
    const taken = await listen(first, { ...config, port: 0 })
    const port = await listen(second, { ...config, port: taken })
    expect(port).toBeGreaterThan(taken)
    expect((second.address() as AddressInfo).port).toBe(port)
    first.close()
    second.close()
  })
})
