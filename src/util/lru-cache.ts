/** A cache that drops the values that were not used for longest. It has two generations, and drops the old one when the young one is full. */
export interface LruCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * Creates a cache.
 *
 * @param maxWeight the most that one of the two generations may weigh
 * @param weightOf returns the weight of a value, always the same; by default each weighs 1
 */
export function createLruCache<Value>(
  maxWeight: number,
  weightOf: (value: Value) => number = () => 1,
): LruCache<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let weight = 0

  function set(key: string, value: Value): void {
    const replaced = young.get(key)
    weight += weightOf(value) - (replaced === undefined ? 0 : weightOf(replaced))
    if (weight > maxWeight) {
      old = young
      young = new Map()
      weight = weightOf(value)
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const aged = old.get(key)
      if (aged !== undefined) set(key, aged)
      return aged
    },
    set,
  }
}
