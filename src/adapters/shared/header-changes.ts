import type { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

const endedKey = Symbol('isEnded')
type Frozen = ServerResponse & { readonly [endedKey]: () => boolean }

function throwHeadersSent(): never {
  throw headersSentError()
}
const frozenSetter = { configurable: true, value: throwHeadersSent }

/** Shared by all responses, because V8 makes a response slow if its accessors differ from those of the other responses. */
const frozen: PropertyDescriptorMap = {
  ...Object.fromEntries(headerSetters.map((name) => [name, frozenSetter])),
  headersSent: { configurable: true, get: () => true },
  writableEnded: {
    configurable: true,
    get(this: Frozen) {
      return this[endedKey]()
    },
  },
}

/**
 * Makes a response behave as if its headers had left, although they wait for the commit: `headersSent` is true, and setting
 * a header throws. The returned function restores the response, and resets a status that was set meanwhile.
 */
export function freezeHeaders(response: ServerResponse, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const restore = override(response, { [endedKey]: { configurable: true, value: isEnded }, ...frozen })
  return () => {
    restore()
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

/** Restores in the reverse order, because V8 makes an object slow if any property but the last is deleted. */
function override(response: ServerResponse, overrides: PropertyDescriptorMap): () => void {
  const originals = Reflect.ownKeys(overrides)
    .map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
    .toReversed()
  Object.defineProperties(response, overrides)
  return () => {
    for (const [name, original] of originals) {
      if (original === undefined) Reflect.deleteProperty(response, name)
      else Object.defineProperty(response, name, original)
    }
  }
}

/** Creates the error that Node throws if headers are changed after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
