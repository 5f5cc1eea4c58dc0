import { describe, expect, it } from 'vitest'
import { createCacheFreshness } from '../../../../src/stores/redis/connection/cache-freshness.ts'
import { stopTime, wait } from '../../../support/outages.ts'

describe('answers from the memory of a client', () => {
  stopTime()

  function counted() {
    let pings = 0
    const freshness = createCacheFreshness(async () => void pings++)
    return { ...freshness, pings: () => pings }
  }

  it('are taken for a second, and then only if the server answers', async () => {
    const { ensureFresh, pings } = counted()
    await ensureFresh()
    await wait(1)
    await ensureFresh()
    expect(pings()).toBe(1)
    await wait(0.001)
    await ensureFresh()
    expect(pings()).toBe(2)
  })

  it('are as old as the question of the last answer from the server', async () => {
    const { ensureFresh, recordAnswer, pings } = counted()
    recordAnswer(performance.now() - 600)
    await wait(0.4)
    await ensureFresh()
    expect(pings()).toBe(0)
    await wait(0.001)
    await ensureFresh()
    expect(pings()).toBe(1)
  })

  it('wait for one question that all share', async () => {
    const { ensureFresh, pings } = counted()
    await Promise.all([ensureFresh(), ensureFresh(), ensureFresh()])
    expect(pings()).toBe(1)
  })

  it('are not taken if the server does not answer', async () => {
    const { ensureFresh } = createCacheFreshness(async () => Promise.reject(new Error('away')))
    await expect(ensureFresh()).rejects.toThrow('away')
  })
})
