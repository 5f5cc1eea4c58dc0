import { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/** A response that behaves as if its headers had left, although they wait for the commit. */
export interface FrozenResponse {
  /** Makes `writableEnded` true. */
  markEnded(): void
  /** Restores the response, and resets a status that was set meanwhile. */
  restore(): void
}

/** Makes `headersSent` true and setting a header throw, until `restore` is called. */
export function freezeHeaders(response: ServerResponse): FrozenResponse {
  const { statusCode } = response
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const frozen = freezeFields(response) ?? freezeProperties(response)
  return {
    markEnded: frozen.markEnded,
    restore() {
      frozen.restore()
      if (response.statusCode !== statusCode) response.statusCode = statusCode
      if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
    },
  }
}

const endedKey = Symbol('isEnded')
type NodeResponse = ServerResponse & { _header: unknown; _send: unknown; [endedKey]?: boolean }

/** Shared, because V8 makes a response slow if its accessors differ from those of others, or if one is deleted. */
const writableEnded: PropertyDescriptor = {
  configurable: true,
  get(this: NodeResponse) {
    return this[endedKey] === true || this.finished
  },
}

/**
 * Sets `_header`, at which Node looks for `headersSent` and before it sets a header. With properties of its own instead, V8
 * would make the response slower by a quarter of all that a session costs. Not `finished`, because then `server.close()`
 * would end the connection. Returns `null` for other responses: of HTTP/2, and of runtimes that do not look at this field.
 */
function freezeFields(response: ServerResponse): FrozenResponse | null {
  if (!(response instanceof ServerResponse) || Object.hasOwn(response, 'headersSent')) return null
  const fields = response as NodeResponse
  if (fields[endedKey] === undefined && Object.hasOwn(response, 'writableEnded')) return null
  const { _header: header, _send: send } = fields
  fields._header = 'held'
  if (!response.headersSent) {
    fields._header = header
    return null
  }
  // Node would send `_header` if code that kept Node's own `write` or `end` called it now.
  fields._send = throwHeadersSent
  return {
    markEnded() {
      fields[endedKey] = true
      Object.defineProperty(response, 'writableEnded', writableEnded)
    },
    restore() {
      fields._header = header
      fields._send = send
      if (fields[endedKey] !== undefined) fields[endedKey] = false
    },
  }
}

function throwHeadersSent(): never {
  throw headersSentError()
}
/** `setHeaders` calls `setHeader`. */
const heldSetters = { setHeader: throwHeadersSent, appendHeader: throwHeadersSent, removeHeader: throwHeadersSent }

function freezeProperties(response: ServerResponse): FrozenResponse {
  let isEnded = false
  const getters = {
    headersSent: { configurable: true, get: () => true },
    writableEnded: { configurable: true, get: () => isEnded },
  }
  const originals = Object.keys(getters).map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
  Object.defineProperties(response, getters)
  const restoreSetters = override(response, heldSetters)
  return {
    markEnded: () => void (isEnded = true),
    restore() {
      restoreSetters()
      for (const [name, original] of originals)
        if (original === undefined) Reflect.deleteProperty(response, name)
        else Object.defineProperty(response, name, original)
    },
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

type Setters = Partial<Record<(typeof headerSetters)[number], (...values: any[]) => any>>

/**
 * Replaces methods of a response. The returned function restores them. Both by assignment, because `defineProperties` takes
 * three times as long, and V8 may make an object slow if a property is deleted.
 */
function override(response: ServerResponse, setters: Setters): () => void {
  const names = Object.keys(setters) as (typeof headerSetters)[number][]
  const originals = names.map((name) => response[name])
  names.forEach((name) => set(response, name, setters[name]!))
  return () => names.forEach((name, index) => set(response, name, originals[index]!))
}

function set(response: ServerResponse, name: (typeof headerSetters)[number], method: (...values: any[]) => any): void {
  // Some middleware defines a method that cannot be assigned.
  if (!Reflect.set(response, name, method))
    Object.defineProperty(response, name, { value: method, writable: true, configurable: true })
}

/** Creates the error that Node throws if headers are changed after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
