import type { ExpressStore, TrackingStore } from './express-store.ts'

/** Methods of express-session's `Store` that call the others. */
const composed = ['createSession', 'regenerate', 'load']

/** Returns the store with some methods replaced. All others run on the store itself, because it may have private fields. */
export function overrideMethods<Store extends ExpressStore>(
  store: Store,
  methods: TrackingStore,
): Store & TrackingStore {
  return new Proxy(store, {
    get(_, name, safeStore) {
      const value: unknown = Reflect.get(store, name)
      // A store without `touch` remains one: the middleware then saves the whole session.
      if (Object.hasOwn(methods, name) && (name !== 'touch' || typeof value === 'function'))
        return Reflect.get(methods, name)
      // Only methods need the store. A property may be a function with properties of its own, which a bound one has not.
      if (typeof value !== 'function' || Object.hasOwn(store, name) || name === 'constructor') return value
      return value.bind(composed.includes(String(name)) ? safeStore : store)
    },
    has: (_, name) => name === 'trackSession' || name in store,
  }) as Store & TrackingStore
}
