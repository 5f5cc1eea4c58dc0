import { inspect } from 'node:util'

/** All that a log may show of an error. */
export function errorText(error: unknown, depth = 0): string {
  if (depth > 5 || Object(error) !== error) return String(error)
  const { stack, cause, errors } = error as { stack?: string; cause?: unknown; errors?: unknown[] }
  const whole = [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    String(error),
    stack,
  ]
  return [...whole, ...[cause, ...(errors ?? [])].filter(Boolean).map((each) => errorText(each, depth + 1))].join('\n')
}
