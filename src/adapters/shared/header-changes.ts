import type { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

const endedKey = Symbol('isEnded')
type Frozen = ServerResponse & { readonly [endedKey]: () => boolean }

function throwHeadersSent(): never {
  throw headersSentError()
}
/** `setHeaders` calls `setHeader`. */
const frozenSetters = { setHeader: throwHeadersSent, appendHeader: throwHeadersSent, removeHeader: throwHeadersSent }

/** Shared by all responses, because V8 makes a response slow if its accessors differ from those of the other responses. */
const frozenGetters: PropertyDescriptorMap = {
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
  const restore = override(response, { ...frozenSetters, [endedKey]: isEnded }, frozenGetters)
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
    return [name, (...values: unknown[]) => around(() => set.apply(response, values))] as const
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

/**
 * Sets properties of a response, by assignment, because `defineProperties` takes three times as long. The returned function
 * restores them in the reverse order, because V8 makes an object slow if any property but the last is deleted.
 */
function override(
  response: ServerResponse,
  values: Record<PropertyKey, unknown>,
  getters: PropertyDescriptorMap = {},
): () => void {
  const names = [...Reflect.ownKeys(values), ...Object.keys(getters)] as (keyof ServerResponse)[]
  const originals = names.map((name) => Object.getOwnPropertyDescriptor(response, name))
  Object.assign(response, values)
  for (const name in getters) Object.defineProperty(response, name, getters[name]!)
  return () => {
    for (let at = names.length - 1; at >= 0; at--) {
      const original = originals[at]
      if (original === undefined) delete (response as Partial<ServerResponse>)[names[at]!]
      else Object.defineProperty(response, names[at]!, original)
    }
  }
}

/** Creates the error that Node throws if headers are changed after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
