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
 * A driver's error without what was to be kept, for logs: drivers add the statement and its values, and servers quote from
 * the row or the command. Of the same kind, with its message and what tells of the failure.
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

/** Resolves to what is asked for, or rejects with a bare error. */
export async function withRedactedErrors<Value>(call: () => PromiseLike<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    throw redactError(error)
  }
}

/** Redis quotes the arguments of a command that it does not have. */
const withoutArguments = (text: string): string => text.replaceAll(/,? with args beginning with:.*/g, '')

function defineHidden(copy: Error, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: false, writable: true, configurable: true })
}
