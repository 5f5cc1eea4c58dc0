import { browser, type Browser } from '../browser.ts'

/** A user with a browser, in which both applications are one host. */
export interface Visitor {
  readonly cookies: Browser
  get(path: string): Promise<string>
  /** Sends a form, without following where it leads. Resolves to the response's body. */
  post(path: string, fields?: Record<string, string>): Promise<string>
  /** Fills in the form of a page of the organizer, and sends it. */
  submit(page: string, path: string, fields?: Record<string, string>): Promise<string>
  /** The target of a page that redirects; `null` if it does not. */
  ledTo(path: string): Promise<string | null>
}

export function visitorOf(origin: string): Visitor {
  const cookies = browser()

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(cookies.cookie !== '' && { Cookie: cookies.cookie }), Origin: origin }
    const response = await fetch(origin + path, { ...init, headers, redirect: 'manual' })
    if (response.status >= 400) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    cookies.receive(response.headers)
    return response
  }

  const get = async (path: string) => (await send(path)).text()
  const post = async (path: string, fields: Record<string, string> = {}) =>
    (await send(path, { method: 'POST', body: new URLSearchParams(fields) })).text()

  return {
    cookies,
    get,
    post,
    async submit(page, path, fields) {
      const csrf = /name="csrf" value="([^"]+)"/.exec(await get(page))?.[1] ?? ''
      return post(path, { csrf, ...fields })
    },
    ledTo: async (path) => (await send(path)).headers.get('Location'),
  }
}
