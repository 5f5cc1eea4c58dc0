import type { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/**
 * Makes a response behave as if its headers had left, although they wait for the commit: `headersSent` is true, and setting
 * a header throws. The returned function restores the response, and resets a status that was set meanwhile.
 */
export function freezeHeaders(response: ServerResponse, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const unwrap = wrapHeaderChanges(response, () => {
    throw headersSentError()
  })
  const restore = override(response, {
    headersSent: { configurable: true, get: () => true },
    writableEnded: { configurable: true, get: isEnded },
  })
  return () => {
    restore()
    unwrap()
    response.statusCode = statusCode
    if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
  }
}

/** Runs each change of a response's headers through `around`. The returned function ends that. */
export function wrapHeaderChanges(response: ServerResponse, around: (change: () => unknown) => unknown): () => void {
  const wrapped = headerSetters.map((name) => {
    const set = response[name] as (...values: unknown[]) => unknown
    const value = (...values: unknown[]) => around(() => set.apply(response, values))
    return [name, { configurable: true, value }] as const
  })
  return override(response, Object.fromEntries(wrapped))
}

/** Calls `restoreOurs` after each change that `send` makes to a response's headers. */
export function keepHeaders(response: ServerResponse, restoreOurs: () => void, send: () => unknown): unknown {
  let isRestoring = false
  const unwrap = wrapHeaderChanges(response, (change) => {
    const result = change()
    if (isRestoring) return result
    isRestoring = true
    restoreOurs()
    isRestoring = false
    return result
  })
  try {
    return send()
  } finally {
    unwrap()
  }
}

function override(response: ServerResponse, overrides: PropertyDescriptorMap): () => void {
  const originals = Object.keys(overrides).map(
    (name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const,
  )
  Object.defineProperties(response, overrides)
  return () => {
    for (const [name, original] of originals) {
      Reflect.deleteProperty(response, name)
      if (original !== undefined) Object.defineProperty(response, name, original)
    }
  }
}

/** Creates the error that Node throws if headers are changed after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
