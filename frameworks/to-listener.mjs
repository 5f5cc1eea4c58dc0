/**
 * Makes a listener of node:http from a handler of the Fetch API.
 *
 * @param {(request: Request, incoming: import('node:http').IncomingMessage) => Promise<Response>} handle
 */
export function toListener(handle) {
  return async function listener(incoming, outgoing) {
    const { method, headers, url } = incoming
    const body = method === 'POST' ? { body: incoming, duplex: 'half' } : {}
    const response = await handle(new Request(`http://localhost${url}`, { method, headers, ...body }), incoming)
    outgoing.writeHead(response.status, [...response.headers].flat())
    for await (const part of response.body ?? []) outgoing.write(part)
    outgoing.end()
  }
}
