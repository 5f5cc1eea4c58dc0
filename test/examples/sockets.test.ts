import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { explain } from '../../src/index.ts'
import { repository } from '../support/repository.ts'
import { freePort } from '../support/servers/server.ts'
import { browser, type Browser } from '../support/browser.ts'

let port: number
let server: ChildProcess
let visitor: Browser

const url = (path = '/') => `http://localhost:${port}${path}`
const inTime = 3000

async function start(name: string): Promise<void> {
  port = await freePort()
  visitor = browser()
  server = spawn(process.execPath, [join(repository, 'examples', name, 'server.mjs')], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = await once(server.stdout!, 'data')
  expect(String(printed)).toBe(`${url('')}\n`)
}

async function stop(): Promise<void> {
  server.kill()
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
}

/** Presses the one button of the page; or, where it is another one, that of a page from before. */
async function press(action: string, button = action): Promise<void> {
  const page = await fetch(url(), { headers: { Cookie: visitor.cookie } })
  visitor.receive(page.headers)
  const text = await page.text()
  expect(text).toContain(`action="${button}"`)
  const csrf = /name="csrf" value="([\w-]+)"/.exec(text)?.[1] ?? ''
  const answer = await fetch(url(action), {
    method: 'POST',
    body: new URLSearchParams({ csrf }),
    headers: { Cookie: visitor.cookie },
    redirect: 'manual',
  })
  expect(answer.status).toBe(303)
  visitor.receive(answer.headers)
}

describe('examples/events', () => {
  beforeEach(() => start('events'))
  afterEach(stop)

  const time = (cookie: string) => fetch(url('/time'), { headers: { Cookie: cookie } })
  const signedOut = `event: ended\ndata: ${explain('ended').sentence}\n\n`

  it('shows the time until the session ends, and then why', async () => {
    expect(await (await time('')).text()).toBe(signedOut)
    await press('/sign-in')
    const before = visitor.cookie
    const response = await time(before)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.getSetCookie()).toEqual([])
    const texts = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
    expect((await texts.next()).value).toMatch(/^data: \d{4}-\d\d-\d\dT[\d:.]+Z\n\n$/)

    await press('/sign-out')
    const began = performance.now()
    const rest: string[] = []
    for (let next = await texts.next(); !next.done; next = await texts.next()) rest.push(next.value)
    expect(rest.at(-1)).toBe(signedOut)
    expect(performance.now() - began).toBeLessThan(inTime)
    // So that a browser that comes back does so once.
    expect(await (await time(before)).text()).toBe(signedOut)
  })

  it('lets its owner come back when the session is renewed, and refuses a client that has only the old cookie', async () => {
    await press('/sign-in')
    const before = visitor.cookie
    const response = await time(before)
    await press('/sign-in', '/sign-out')
    expect(await response.text()).not.toContain('ended')
    expect(await (await time(before)).text()).toBe(signedOut)
    const texts = (await time(visitor.cookie)).body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
    expect((await texts.next()).value).toMatch(/^data: \d{4}/)
    await texts.return!(undefined)
  })
})

describe('examples/ws', () => {
  beforeEach(() => start('ws'))
  afterEach(stop)

  const open = (origin = url(''), cookie = visitor.cookie) =>
    new WebSocket(url().replace('http', 'ws'), { origin, headers: { Cookie: cookie } })

  async function refusal(socket: WebSocket): Promise<string> {
    const [error] = await once(socket, 'error').catch((reason) => [reason])
    return String(error)
  }

  it('echoes messages until the session ends, and then says why', async () => {
    await press('/sign-in')
    const socket = open()
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('ada says: hello')

    const closed = once(socket, 'close')
    await press('/sign-out')
    const began = performance.now()
    const [code, reason] = await closed
    expect([code, String(reason)]).toEqual([4001, explain('ended').sentence])
    expect(performance.now() - began).toBeLessThan(inTime)
  })

  it('lets its owner connect again when the session is renewed, and refuses who has but the old cookie', async () => {
    await press('/sign-in')
    const stolen = visitor.cookie
    const socket = open()
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await press('/sign-in', '/sign-out')
    const [code, reason] = await closed
    expect([code, String(reason)]).toEqual([4000, 'renewed'])
    expect(await refusal(open(url(''), stolen))).toMatch('403')
    const again = open()
    await once(again, 'open')
    again.close()
  })

  it('talks to nobody who is not signed in, and to no page of another site', async () => {
    expect(await refusal(open())).toMatch('403')
    await press('/sign-in')
    expect(await refusal(open('http://app.example'))).toMatch('403')
    const socket = open()
    await once(socket, 'open')
    socket.close()
  })
})
