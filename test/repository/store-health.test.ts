import { expect, it } from 'vitest'
import { createEvents } from '../../src/core/events.ts'
import { createStoreHealth } from '../../src/repository/store-health.ts'
import { TooLate } from '../../src/stores/store.ts'
import { gone } from '../support/stores.ts'

function reportedHealth() {
  const events: string[] = []
  const health = createStoreHealth(
    createEvents(({ type }) => void events.push(type)),
    () => 'The store',
    0.25,
  )
  return { health, events }
}

it('a store that is back is not taken for full because of a write from before', () => {
  const { health, events } = reportedHealth()
  for (let times = 0; times < 5; times++) health.failed(gone, true)
  health.failed(gone, false)
  health.succeeded(false)
  health.failed(new TooLate('late'), true)

  expect(events).toEqual(['store-down', 'store-up'])
})

it('a store that is back is full if five more writes fail', () => {
  const { health, events } = reportedHealth()
  for (let times = 0; times < 5; times++) health.failed(gone, false)
  health.succeeded(false)
  for (let times = 0; times < 5; times++) {
    health.failed(gone, true)
    health.succeeded(false)
  }

  expect(events).toEqual(['store-down', 'store-up', 'store-down'])
})
