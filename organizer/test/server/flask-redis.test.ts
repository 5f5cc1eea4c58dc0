import { flaskSession } from 'sojourn/flask'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../../test/support/servers/redis.ts'
import { ada, openBrowser, secret, startApp } from '../support/app.ts'

const login = '/organizer/login'
const again = `${login}?again&next=/organizer/account`

describeRedis('with SESSION_TYPE=flask-redis', () => {
  let redis: RedisServer
  let records: ReturnType<typeof flaskSession>

  beforeAll(async () => {
    redis = await startRedis()
    records = flaskSession(redis.url, { secretKey: secret })
  })
  afterAll(async () => {
    await records.store.close()
    await redis.stop()
  })

  async function start() {
    await redis.ask('FLUSHALL')
    const started = await startApp({ sessionType: 'flask-redis', sessions: records })
    return { ...started, countKeys: () => redis.ask('DBSIZE') }
  }

  it('visitors without an account leave nothing in Redis, whatever they send', async () => {
    const { app, countKeys } = await start()
    const wrong = { email: ada.email, password: 'wrong' }
    for (const path of [login, `${login}?ended`, `${login}?idle`, `${login}?again`, '/organizer/', '/nothing']) {
      expect((await openBrowser(app).request(path)).headers.getSetCookie()).toEqual([])
    }
    expect((await openBrowser(app).send(login, wrong)).status).toBe(422)
    expect((await openBrowser(app).send(login, {})).status).toBe(422)
    expect((await openBrowser(app).send('/organizer/events', { for: '1', title: 'Kept in the page' })).status).toBe(403)
    expect((await openBrowser(app).send('/organizer/logout', {})).status).toBe(303)
    expect(await countKeys()).toBe(0)
  })

  it('a visitor signs in and out without a form token, but not from another site', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    for (const site of ['cross-site', 'same-site']) {
      expect((await browser.send(login, ada, { 'Sec-Fetch-Site': site })).status).toBe(403)
    }
    expect((await browser.send(login, ada, { Origin: 'https://evil.example' })).status).toBe(403)
    expect(browser.cookies.size).toBe(0)

    expect((await browser.signIn()).status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect((await browser.signOut()).status).toBe(303)
    expect(await browser.text(login)).toContain('You are signed out.')
    expect((await browser.signIn()).status).toBe(303)
  })

  it('a signed-in user needs the form token to sign in again, and to change the password', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    await browser.signIn()
    expect((await browser.send(again, ada)).status).toBe(403)
    expect((await browser.submit(again, { ...ada, remember: 'on' })).status).toBe(303)
    expect((await browser.changePassword()).status).toBe(303)
    expect(await browser.text('/organizer/account')).toContain('Password changed.')
    expect((await browser.request('/organizer/')).status).toBe(200)
  })
})
