import type { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/**
 * Makes a response look as if its headers had left, while they wait: they can be changed no more, and whoever asks is told.
 * Returns what undoes that, and takes back a status that was set meanwhile.
 */
export function freezeHeaders(response: ServerResponse, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // A response of HTTP/2 has none, and warns about it.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const overrides: PropertyDescriptorMap = {
    headersSent: { configurable: true, get: () => true },
    writableEnded: { configurable: true, get: isEnded },
  }
  for (const name of headerSetters) overrides[name] = { configurable: true, value: throwHeadersSent }
  const originals = Object.keys(overrides).map(
    (name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const,
  )
  Object.defineProperties(response, overrides)
  return () => {
    for (const [name, original] of originals) {
      Reflect.deleteProperty(response, name)
      if (original !== undefined) Object.defineProperty(response, name, original)
    }
    response.statusCode = statusCode
    if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
  }
}

function throwHeadersSent(): never {
  throw headersSentError()
}

/** What Node throws for headers that are changed after they left. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
