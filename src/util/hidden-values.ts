/** A class that extends it adds its private fields to the object that it gets. */
const Given = function (object: object): object {
  return object
} as unknown as new (object: object) => object

/** One hidden value for each object. */
export interface HiddenValues<Value> {
  get(object: object): Value | undefined
  set(object: object, value: Value): void
}

/**
 * Creates what a `WeakMap` is, for objects that each request makes. It keeps the value in a private field of the object, because an entry of
 * a `WeakMap` takes a microsecond to add, and more to collect.
 */
export function createHiddenValues<Value>(): HiddenValues<Value> {
  // A later version of JavaScript adds no private fields to objects that are frozen.
  const ofFrozen = new WeakMap<object, Value>()

  return class Holder extends Given {
    #value: Value

    constructor(object: object, value: Value) {
      super(object)
      this.#value = value
    }

    static get(object: object): Value | undefined {
      return #value in object ? object.#value : ofFrozen.get(object)
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value
      else if (Object.isExtensible(object)) void new Holder(object, value)
      else ofFrozen.set(object, value)
    }
  }
}
