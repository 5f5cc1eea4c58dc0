import type { SessionDataState } from './data-state.ts'

/** Texts of this length or more are parsed when their key is first read. */
export const lazyParseMinChars = 200

/** The key of the function that `console.log` calls to show an object. */
export const inspectSymbol = Symbol.for('nodejs.util.inspect.custom')

/** Whether the application neither read, deleted nor replaced a value, so that its text is unchanged. */
export function isUnparsed({ values, unparsed }: SessionDataState, key: string): boolean {
  return unparsed?.has(key) === true && Object.getOwnPropertyDescriptor(values, key)?.get !== undefined
}

/** Defines the value of a key. A long text gets a getter that parses it on first use, so that unused values cost nothing. */
export function defineLazyValue(
  state: SessionDataState,
  values: Record<string, unknown>,
  key: string,
  text: string,
): void {
  const { codec } = state
  // A schema needs all values.
  if (text.length < lazyParseMinChars || codec.isLazy !== true || state.schema !== null) {
    values[key] = codec.parse(text)
    return
  }
  if (state.unparsed === null) Object.defineProperty(values, inspectSymbol, { value: () => ({ ...values }) })
  const unparsed = (state.unparsed ??= new Set())
  unparsed.add(key)
  let value: unknown
  Object.defineProperty(values, key, {
    enumerable: true,
    configurable: true,
    get() {
      if (!unparsed.delete(key)) return value
      try {
        value = codec.parse(text)
      } catch {
        state.unreadable = true
      }
      return value
    },
    set(assigned: unknown) {
      if (Object.isFrozen(values))
        throw new TypeError(`session.data.${key} came too late: the response was already sent.`)
      unparsed.delete(key)
      value = assigned
    },
  })
}
