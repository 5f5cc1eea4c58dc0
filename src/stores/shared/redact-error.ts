/** The fields of drivers' errors that describe the failure and never quote data. */
const safeFields = [
  'name',
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'severity',
  'routine',
  'schema',
  'table',
  'column',
  'constraint',
]

/**
 * Copies a driver's error for logs, without session data: drivers add the statement and its values, and servers quote the row
 * or the command. The copy has the same prototype, the message, the stack and the safe fields.
 */
export function redactError(error: unknown): unknown {
  if (Object(error) !== error) return error
  const { message, stack, cause, errors } = error as { [Field in 'message' | 'stack' | 'cause' | 'errors']?: unknown }
  const copy = new Error(withoutArguments(String(message ?? error)))
  for (const field of safeFields) {
    const value: unknown = Object.hasOwn(error as object, field) ? Reflect.get(error as object, field) : undefined
    if (typeof value === 'string' || typeof value === 'number') Reflect.set(copy, field, value)
  }
  if (typeof stack === 'string') defineHidden(copy, 'stack', withoutArguments(stack))
  if (cause !== undefined) defineHidden(copy, 'cause', redactError(cause))
  if (Array.isArray(errors)) defineHidden(copy, 'errors', errors.map(redactError))
  return error instanceof Error ? Object.setPrototypeOf(copy, Object.getPrototypeOf(error)) : copy
}

/** Resolves to the call's result, or rejects with its error, redacted. */
export async function withRedactedErrors<Value>(call: () => PromiseLike<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    throw redactError(error)
  }
}

/** Redis quotes the arguments of an unknown command in its error message. Removes them. */
const withoutArguments = (text: string): string => text.replaceAll(/,? with args beginning with:.*/g, '')

function defineHidden(copy: Error, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: false, writable: true, configurable: true })
}
