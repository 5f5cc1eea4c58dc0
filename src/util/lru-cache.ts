/** Keeps what was used lately, within a budget: two generations, of which the older is dropped when the younger is full. */
export interface LruCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * @param maxWeight how much each of the two generations may weigh
 * @param weightOf what a value weighs
 */
export function createLruCache<Value>(
  maxWeight: number,
  weightOf: (value: Value) => number = () => 1,
): LruCache<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let weight = 0

  function set(key: string, value: Value): void {
    weight += weightOf(value)
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
