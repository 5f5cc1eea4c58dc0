const shownKey = Symbol.for('sojourn.shownWarnings')

/** The warnings of this process. They are on the global object, because a bundler may copy this library into each route. */
const shown: Set<string> = ((globalThis as { [shownKey]?: Set<string> })[shownKey] ??= new Set())

/** Logs a warning on the console, once in a process. */
export function warnOnce(text: string): void {
  if (shown.has(text)) return
  shown.add(text)
  console.warn(text)
}
