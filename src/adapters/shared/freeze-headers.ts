import type { ServerResponse } from 'node:http'

const changesOfHeaders = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/**
 * Makes a response look as if its headers had left, while they wait: they can be changed no more, and whoever asks is told.
 * Returns what undoes that, and takes back a status that was set meanwhile.
 */
export function holdBack(response: ServerResponse, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // A response of HTTP/2 has none, and warns about it.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const held: PropertyDescriptorMap = {
    headersSent: { configurable: true, get: () => true },
    writableEnded: { configurable: true, get: isEnded },
  }
  for (const name of changesOfHeaders) held[name] = { configurable: true, value: refuse }
  const were = Object.keys(held).map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
  Object.defineProperties(response, held)
  return () => {
    for (const [name, was] of were) {
      Reflect.deleteProperty(response, name)
      if (was !== undefined) Object.defineProperty(response, name, was)
    }
    response.statusCode = statusCode
    if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
  }
}

function refuse(): never {
  throw tooLate()
}

/** What Node throws for headers that are changed after they left. */
export function tooLate(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
