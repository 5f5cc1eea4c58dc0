import { setTimeout as sleep } from 'node:timers/promises'

const demo = { email: 'john.smith@example.com', password: 'password123' }

/** A signed-in user who makes real requests. */
export interface Visitor {
  /** Requests a page, or every tenth time sends a form. Resolves to the error, or to `null`. */
  step(): Promise<string | null>
  /** Requests a page with the user’s cookies, from any server that shares them. */
  request(path: string, origin?: string): Promise<Response>
  signOut(): Promise<Response>
}

/** Signs a user in. */
export async function signInVisitor(url: string): Promise<Visitor> {
  const cookies = new Map<string, string>()
  let steps = Math.floor(Math.random() * 10)

  async function request(path: string, origin = url, body?: URLSearchParams): Promise<Response> {
    const response = await fetch(origin + path, {
      redirect: 'manual',
      // One connection a request: the server may close a kept connection. Browsers then retry, `fetch` does not.
      headers: { Connection: 'close', Cookie: [...cookies].map((pair) => pair.join('=')).join('; '), Origin: origin },
      ...(body && { method: 'POST', body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0/.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }

  async function submit(page: string, fields: Record<string, string>, path = page): Promise<Response> {
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await request(page)).text()) ?? []
    return request(path, url, new URLSearchParams({ csrf, ...fields }))
  }

  const response = await submit('/organizer/login', { ...demo, remember: 'on' })
  if (response.status !== 303) throw new Error(`not signed in: ${response.status}`)

  async function makeStep(): Promise<string | null> {
    if (++steps % 10 === 0) {
      const { status, headers } = await submit('/organizer/account', { change: 'name', name: `John ${steps}` })
      const to = headers.get('location')
      return status === 303 && to === '/organizer/account' ? null : `a form: ${status}, to ${to}`
    }
    const response = await request('/organizer/')
    const page = await response.text()
    if (response.status === 200 && page.includes('Hello, John')) return null
    return response.status === 302 ? 'signed out' : `a page: ${response.status}`
  }

  const signOut = () => submit('/organizer/', {}, '/organizer/logout')

  return {
    request,
    signOut,
    step: () => makeStep().catch((error: Error) => `no response: ${String(error.cause ?? error)}`),
  }
}

/** Signs `count` users in, five at a time, because more would exceed the limit of attempts for one account. */
export async function signInVisitors(url: string, count: number): Promise<Visitor[]> {
  const visitors: Visitor[] = []
  while (visitors.length < count) {
    visitors.push(...(await Promise.all(Array.from({ length: 5 }, () => signInVisitor(url)))))
  }
  return visitors
}

/** Lets visitors make steps until the work is done, and one more. Resolves to the number of steps and the errors. */
export async function runUnderTraffic(visitors: readonly Visitor[], work: () => Promise<void>, pause = 200) {
  const errors: string[] = []
  let steps = 0
  let isDone = false

  async function makeSteps(visitor: Visitor): Promise<void> {
    for (let isLast = false; !isLast;) {
      isLast = isDone
      const error = await visitor.step()
      steps++
      if (error !== null) errors.push(error)
      if (!isLast) await sleep(pause * (0.5 + Math.random()))
    }
  }

  const visits = Promise.all(visitors.map(makeSteps))
  await work().finally(() => (isDone = true))
  await visits
  return { steps, errors }
}
