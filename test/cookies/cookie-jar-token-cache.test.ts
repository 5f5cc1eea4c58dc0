import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createSessions } from '../../src/index.ts'
import { flaskFormat } from '../../src/flask/cookie-format.ts'
import { request, secret, world } from '../support/sessions.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('what is remembered of a token is not the whole header that it came in', async () => {
  const clock = world().clock
  const [elsewhere, here] = [world({}, clock).sessions, world({}, clock).sessions]
  const cookies: string[] = []
  for (let index = 0; index < 3000; index++) {
    const headers = await request(elsewhere, null, (session) => session.signIn(`user ${index}`))
    cookies.push(headers.getSetCookie()[0]!.split(';', 1)[0]!)
  }
  collect()
  const before = process.memoryUsage().heapUsed
  for (const [index, cookie] of cookies.entries()) {
    // As a server gets it: one text, made of the bytes of the request.
    const header = Buffer.from(`other=${index}${'x'.repeat(16_000)}; ${cookie}`).toString('latin1')
    expect((await here.open(header)).userId).toBe(`user ${index}`)
  }
  collect()
  const kept = process.memoryUsage().heapUsed - before

  expect(kept / cookies.length).toBeLessThan(4000)
  expect((await here.open(cookies[0])).userId).toBe('user 0')
})

it('cookies of Flask that hold much more than their length do not fill the memory', async () => {
  const [elsewhere, here] = [flaskSessions(), flaskSessions()]
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 1000; index++) {
    const headers = await request(elsewhere, null, (session) => {
      session.data['draft'] = String(index).padEnd(100_000, 'x')
    })
    await here.open(headers.getSetCookie()[0]!.split(';', 1)[0])
  }
  collect()
  const kept = process.memoryUsage().heapUsed - before

  expect(kept).toBeLessThan(48_000_000)
  expect((await here.open(null)).outcome).toBe('none')
})

const flaskSessions = () => createSessions({ format: flaskFormat({ secretKey: secret('flask') }) })
