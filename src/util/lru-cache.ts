/** Keeps what was used lately, within a budget: two generations, of which the older is dropped when the younger is full. */
export interface Recent<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * @param budget how much each of the two generations may weigh
 * @param weigh what a value weighs
 */
export function createRecent<Value>(budget: number, weigh: (value: Value) => number = () => 1): Recent<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let weight = 0

  function set(key: string, value: Value): void {
    weight += weigh(value)
    if (weight > budget) {
      old = young
      young = new Map()
      weight = weigh(value)
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
