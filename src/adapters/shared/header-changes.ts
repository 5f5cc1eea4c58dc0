import { ServerResponse, type IncomingMessage } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

const heldKey = Symbol('isEnded')
/** It has a function that returns whether the handler has ended the response that is held. */
interface Held {
  [heldKey]?: (() => boolean) | undefined
}
/** While a response is held, it is a `Held` itself or, if Node refuses changes, its `_header` is one. */
type Holdable = ServerResponse &
  Held & {
    /** The text of the headers that Node has sent, and `null` before that. An internal member. */
    _header?: Held | null
  }

function throwHeadersSent(): never {
  throw headersSentError()
}
/** `setHeaders` calls `setHeader`. */
const heldSetters = { setHeader: throwHeadersSent, appendHeader: throwHeadersSent, removeHeader: throwHeadersSent }

/**
 * They stay at the response, and return what it inherits once it is held no more: V8 makes an object slow if an accessor is
 * deleted. Shared by all responses, because V8 also makes a response slow if its accessors differ from those of the others.
 */
const heldGetters = {
  headersSent: {
    configurable: true,
    get(this: Holdable) {
      return this[heldKey] !== undefined || inherited(this, 'headersSent')
    },
  },
  writableEnded: {
    configurable: true,
    get(this: Holdable) {
      const isEnded = this[heldKey] ?? this._header?.[heldKey]
      return isEnded?.() ?? inherited(this, 'writableEnded')
    },
  },
} satisfies PropertyDescriptorMap

/**
 * Makes a response behave as if its headers had left, although they wait for the commit: `headersSent` is true, and setting
 * a header throws. The returned function restores the response, and resets a status that was set meanwhile.
 */
export function freezeHeaders(response: Holdable, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const allowChanges = refuseChanges(response, isEnded) ?? overrideChanges(response, isEnded)
  const restoreWritableEnded = defineHeld(response, 'writableEnded')
  return () => {
    allowChanges()
    restoreWritableEnded?.()
    response.statusCode = statusCode
    if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
  }
}

/**
 * Makes Node itself refuse changes of a response's headers, because each property that a response gets takes two microseconds in Node 20.
 * Returns a function that ends that; `null` if it is not a response of Node's HTTP/1, or was changed.
 */
function refuseChanges(response: Holdable, isEnded: () => boolean): (() => void) | null {
  const { hasOwn } = Object
  if (response._header || !hasOwn(response, '_header') || hasOwn(response, 'headersSent')) return null
  if (response.setHeader !== ServerResponse.prototype.setHeader || !(nodeRefuses ??= testRefusal())) return null
  // Without a prototype, because a program that goes round our hooks must not send it: V8 throws then.
  response._header = { __proto__: null, [heldKey]: isEnded } as Held
  return () => void (response._header = null)
}

/** Whether this runtime refuses changes of a response that has such a header. Another one than Node may not. */
let nodeRefuses: boolean | undefined

function testRefusal(): boolean {
  try {
    const response: Holdable = new ServerResponse({ method: 'GET' } as IncomingMessage)
    response._header = {}
    response.setHeader('a', 'b')
    return false
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_HTTP_HEADERS_SENT'
  }
}

function overrideChanges(response: Holdable, isEnded: () => boolean): () => void {
  const { [heldKey]: heldBefore } = response
  response[heldKey] = isEnded
  const restoreHeadersSent = defineHeld(response, 'headersSent')
  const restoreSetters = override(response, heldSetters)
  return () => {
    response[heldKey] = heldBefore
    restoreSetters()
    restoreHeadersSent?.()
  }
}

/** Defines a getter. Returns a function that restores a property that the response had of its own, as those of tests have. */
function defineHeld(response: ServerResponse, name: keyof typeof heldGetters): (() => void) | null {
  const own = Object.getOwnPropertyDescriptor(response, name)
  const getter = heldGetters[name]
  if (own?.get === getter.get) return null
  Object.defineProperty(response, name, getter)
  return own === undefined ? null : () => Object.defineProperty(response, name, own)
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

/** Returns a property as it is without our getters. An object that inherits from a response may have several of them. */
function inherited(response: ServerResponse, name: keyof typeof heldGetters): boolean {
  let owner: object = response
  for (;;) {
    const own = Object.getOwnPropertyDescriptor(owner, name)
    if (own !== undefined && own.get !== heldGetters[name].get) return Reflect.get(owner, name, response) as boolean
    owner = Object.getPrototypeOf(owner) as object
  }
}

/** Creates the error that Node throws if headers are set after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot set headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
