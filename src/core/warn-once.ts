const shownKey = Symbol.for('sojourn.shownWarnings')

/** The warnings of this process. They are on the global object, because a bundler may copy this library into each route. */
const shown: Set<string> = ((globalThis as { [shownKey]?: Set<string> })[shownKey] ??= new Set())

/**
 * Logs a warning on the console, once in a process.
 *
 * @param name identifies a warning whose text varies
 */
export function warnOnce(text: string, name = text): void {
  if (shown.has(name)) return
  shown.add(name)
  console.warn(text)
}
