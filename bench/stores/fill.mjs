import { median } from '../run/figures.mjs'

const maxKept = 5000
const inFlight = 200

/**
 * Creates many sessions at a time. Returns a part of what `create` resolves to, evenly spread, because a million cookies
 * would fill the memory.
 *
 * @template T
 */
export async function createMany(count, create) {
  const kept = []
  const step = Math.ceil(count / maxKept)
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const created = await create(index)
      if (index % step === 0) kept.push(created)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return kept
}

const maxMs = 250

/**
 * Calls so many times, one after the other, or fewer if the disk is slow. Resolves to the median of the results, because
 * other processes interrupt a few calls for long.
 */
export async function medianOf(count, run) {
  const startedAt = performance.now()
  const results = []
  while (results.length < count && performance.now() - startedAt < maxMs) results.push(await run())
  return median(results)
}

/** The user of a session in the fill. Each has three. */
export const userOf = (index) => `user-${Math.floor(index / 3)}`

export const pickFrom = (items) => items[Math.floor(Math.random() * items.length)]

export const formatSize = (size) => size.toLocaleString('en')
