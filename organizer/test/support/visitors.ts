import { setTimeout as sleep } from 'node:timers/promises'

const demo = { email: 'john.smith@example.com', password: 'password123' }

/** Somebody who is signed in and goes on using the application, by real requests to an address. */
export interface Visitor {
  /** One step: a page that needs the sign-in or, now and then, a form. Resolves to what went wrong, or to `null`. */
  step(): Promise<string | null>
  /** Asks for a page with their cookies, also of another server that shares them. */
  request(path: string, origin?: string): Promise<Response>
  signOut(): Promise<Response>
}

/** Signs somebody in. */
export async function signedIn(url: string): Promise<Visitor> {
  const cookies = new Map<string, string>()
  let steps = Math.floor(Math.random() * 10)

  async function request(path: string, origin = url, body?: URLSearchParams): Promise<Response> {
    const response = await fetch(origin + path, {
      redirect: 'manual',
      // A connection each: one that is kept may be closed under a request, which browsers send again by themselves.
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

  const answer = await submit('/organizer/login', { ...demo, remember: 'on' })
  if (answer.status !== 303) throw new Error(`not signed in: ${answer.status}`)

  async function take(): Promise<string | null> {
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

  return { request, signOut, step: () => take().catch((error: Error) => `no answer: ${String(error.cause ?? error)}`) }
}

/** Signs so many people in, a few at a time: more at once would be too many attempts with one account. */
export async function crowd(url: string, count: number): Promise<Visitor[]> {
  const visitors: Visitor[] = []
  while (visitors.length < count) {
    visitors.push(...(await Promise.all(Array.from({ length: 5 }, () => signedIn(url)))))
  }
  return visitors
}

/** Lets visitors go on until the work is done, and then for a step each; resolves to how many steps they made and what went wrong. */
export async function underTraffic(visitors: readonly Visitor[], work: () => Promise<void>, pause = 200) {
  const wrong: string[] = []
  let steps = 0
  let isDone = false

  async function goOn(visitor: Visitor): Promise<void> {
    for (let isLast = false; !isLast;) {
      isLast = isDone
      const fault = await visitor.step()
      steps++
      if (fault !== null) wrong.push(fault)
      if (!isLast) await sleep(pause * (0.5 + Math.random()))
    }
  }

  const going = Promise.all(visitors.map(goOn))
  await work().finally(() => (isDone = true))
  await going
  return { steps, wrong }
}
