import { afterEach, expect, it, vi } from 'vitest'
import type { SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { day, openBrowser, secret, startApp } from '../support/app.ts'

afterEach(() => void vi.useRealTimers())

type Started = Awaited<ReturnType<typeof startApp>>
type Browser = ReturnType<typeof openBrowser>

/** Resolves to the path of the event stream of a user’s page. */
async function findStreamPath(browser: Browser): Promise<string> {
  const page = await browser.text('/organizer/')
  return /<script type="module" src="[^"]+\/ended\.js" data-asks="([^"]+)" data-leads="\/organizer\/login"/.exec(
    page,
  )![1]!
}

/** Reads the events of a response until it ends. */
async function* readEvents(response: Response): AsyncGenerator<string> {
  for await (const bytes of response.body!) yield new TextDecoder().decode(bytes)
}

async function openStream(options: Parameters<typeof startApp>[0] = {}) {
  const started = await startApp(options)
  const browser = openBrowser(started.app)
  await browser.signIn()
  const streamPath = await findStreamPath(browser)
  const response = await browser.request(streamPath)
  const texts = readEvents(response)
  return { ...started, browser, streamPath, response, texts, next: async () => (await texts.next()).value }
}

it('reports to other tabs of the browser that the user signed out', async () => {
  const { browser, response, texts, next } = await openStream()
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  expect(await next()).toMatch(/^retry: [2-5]\d{3}\n\n$/)
  await browser.signOut()
  expect(await next()).toBe('event: ended\ndata: ended\n\n')
  expect(await texts.next()).toEqual({ done: true, value: undefined })
})

it('reports to other devices that they were signed out', async () => {
  const { app, next } = await openStream()
  await next()
  const other = openBrowser(app)
  await other.signIn()
  await other.submit('/organizer/devices', {}, '/organizer/devices/revoke-others')
  expect(await next()).toBe('event: ended\ndata: revoked\n\n')
})

it.each([
  [
    'the browser has another session now',
    async (browser: Browser) => void (await browser.signOut(), await browser.signIn()),
    'ended',
  ],
  ['the cookie is gone', async (browser: Browser) => browser.cookies.clear(), 'ended'],
  [
    'the session was not used for too long',
    async (_browser: Browser, { clock }: Started) => clock.advance(7 * day),
    'idle',
  ],
] as const)('reports the end immediately if %s', async (_name, act, reason) => {
  const started = await openStream()
  const { browser, streamPath } = started
  await act(browser, started)
  expect(await browser.text(streamPath)).toBe(`event: ended\ndata: ${reason}\n\n`)
})

it('ends without an event when the session is renewed, and reports the end to the old cookie', async () => {
  const { app, browser, streamPath, texts, next } = await openStream()
  await next()
  const thief = openBrowser(app)
  for (const [name, value] of browser.cookies) thief.cookies.set(name, value)
  const stolen = readEvents(await thief.request(streamPath))
  await stolen.next()
  await browser.changePassword()
  expect(await texts.next()).toEqual({ done: true, value: undefined })
  expect(await stolen.next()).toEqual({ done: true, value: undefined })

  expect(await findStreamPath(browser)).toBe(streamPath)
  const again = readEvents(await browser.request(streamPath))
  expect((await again.next()).value).toMatch(/^retry: /)
  const more = again.next()
  expect(await Promise.race([more, new Promise((resolve) => setTimeout(resolve, 1600))])).toBe(undefined)
  expect(await thief.text(streamPath)).toBe('event: ended\ndata: ended\n\n')
})

it('does not count as use, and sets no cookie', async () => {
  const { browser, streamPath, clock, response } = await openStream()
  await response.body!.cancel()
  clock.advance(4 * day)
  const again = await browser.request(streamPath)
  expect(again.headers.getSetCookie()).toEqual([])
  await again.body!.cancel()
  clock.advance(3 * day)
  expect((await browser.request('/organizer/')).headers.get('location')).toContain('/organizer/login')
})

it('sends a comment every 15 seconds until the page is closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { texts, next } = await openStream()
  await next()
  for (let minute = 0; minute < 4; minute++) {
    vi.advanceTimersByTime(15_000)
    expect(await next()).toBe(': still open\n\n')
  }
  await texts.return(undefined)
  expect(vi.getTimerCount()).toBe(0)
})

it('watches a session as long as one of its pages is open', async () => {
  let watched = 0
  const inner = memoryStore()
  const store: SessionStore = {
    ...inner,
    watch(id, ended) {
      watched++
      const stop = inner.watch!(id, ended)
      return () => {
        watched--
        stop()
      }
    },
  }
  const { browser, streamPath, response } = await openStream({ sessions: { secrets: [secret], store } })
  const second = await browser.request(streamPath)
  await expect.poll(() => watched).toBe(1)
  await response.body!.cancel()
  expect(watched).toBe(1)
  await second.body!.cancel()
  await expect.poll(() => watched).toBe(0)
})

it('ends when the application stops, and responds 503 then', async () => {
  const stopping = new AbortController()
  const { browser, streamPath } = await openStream({ dependencies: { stopping: stopping.signal } })
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  const all = await Promise.all(Array.from({ length: 20 }, async () => readEvents(await browser.request(streamPath))))
  for (const texts of all) await texts.next()
  stopping.abort()
  for (const texts of all) expect(await texts.next()).toEqual({ done: true, value: undefined })
  process.off('warning', warn)
  expect(warnings).toEqual([])
  expect((await browser.request(streamPath)).status).toBe(503)
})

it('asks pages to try again later while the store is down', async () => {
  const inner = memoryStore()
  const store: SessionStore = { ...inner }
  const { browser, streamPath } = await openStream({ sessions: { secrets: [secret], store } })
  store.read = async () => Promise.reject(new Error('down'))
  const response = await browser.request(streamPath)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30'])
  expect(response.headers.getSetCookie()).toEqual([])
})

it.each(['cookie', 'flask'] as const)('is not found if sessions are stored in a cookie: %s', async (sessionType) => {
  const { app } = await startApp({ sessionType })
  const browser = openBrowser(app)
  await browser.signIn()
  expect(await browser.text('/organizer/')).not.toContain('ended.js')
  expect((await browser.request('/organizer/session/ended?of=x')).status).toBe(404)
})

it('reports to guests nothing about sessions of others', async () => {
  const { app, streamPath } = await openStream()
  const stranger = openBrowser(app)
  expect(await stranger.text(streamPath)).toBe('event: ended\ndata: ended\n\n')
  expect(await stranger.text('/organizer/session/ended')).toBe('event: ended\ndata: ended\n\n')
  expect(await stranger.text('/organizer/login')).not.toContain('ended.js')
})

it.each([
  ['ended', 'You were signed out in this browser. Sign in to pick up where you left off.'],
  ['revoked', 'You were signed out from another device. Sign in to pick up where you left off; if'],
  ['<script>', 'You were signed out in this browser.'],
])('makes the sign-in page give the reason: %s', async (why, sentence) => {
  const { app } = await startApp()
  const path = `/organizer/login?ended=${encodeURIComponent(why)}&next=%2Forganizer%2Fevents%2Fnew`
  const browser = openBrowser(app)
  const page = await browser.text(path)
  expect(page).toContain(sentence)
  expect(page).toContain('action="/organizer/login?next=%2Forganizer%2Fevents%2Fnew"')
  await browser.signIn()
  const response = await browser.request(path)
  expect(response.headers.get('location')).toBe('/organizer/events/new')
})
