import { jsonCodec } from '../core/codec.ts'
import type { SessionDataState } from './data-state.ts'

/** From how many characters on a text is parsed only when its key is asked for. */
export const lazyParseMinChars = 200

/** What `console.log` asks an object for. */
export const inspectSymbol = Symbol.for('nodejs.util.inspect.custom')

/** Whether a value is as it came, since nobody asked for it, deleted it or put another in its place. */
export function isUnparsed({ values, unparsed }: SessionDataState, key: string): boolean {
  return unparsed?.has(key) === true && Object.getOwnPropertyDescriptor(values, key)?.get !== undefined
}

/** Puts a value in its place, or what parses it there: a long one that is neither read nor changed costs nothing. */
export function defineLazyValue(
  state: SessionDataState,
  values: Record<string, unknown>,
  key: string,
  text: string,
): void {
  // A codec of others may refuse a text, which is told before the application sees any of them; a schema looks at all.
  if (text.length < lazyParseMinChars || state.codec !== jsonCodec || state.schema !== null) {
    values[key] = state.codec.parse(text)
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
        value = jsonCodec.parse(text)
      } catch {
        state.unreadable = true
      }
      return value
    },
    set(assigned: unknown) {
      if (Object.isFrozen(values)) throw new TypeError(`session.data is frozen since its commit, ${key} too.`)
      unparsed.delete(key)
      value = assigned
    },
  })
}
