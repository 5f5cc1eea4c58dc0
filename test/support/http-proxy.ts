import { startHttpProxy, type HttpProxy } from '../../scripts/servers/http-proxy.mjs'

export type OneHost = HttpProxy

/** Passes `/flask/…` on to one application and other paths to another one, as a reverse proxy does. */
export const oneHost = (flask: string, other: string): Promise<HttpProxy> =>
  startHttpProxy(({ url = '/' }) => (url.startsWith('/flask/') ? flask : other))
