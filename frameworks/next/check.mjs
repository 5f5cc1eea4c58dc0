// Pages, server actions and proxy.ts, as a browser without scripts uses them.
import { setTimeout as sleep } from 'node:timers/promises'
import { createVisitor, isPrivate } from '../check.mjs'

// Next answers an error of a page with 500, so proxy.ts must ask.
export const outagePaths = ['/guarded']

export async function checkMore(base, { check }, store) {
  const { visit, jar } = createVisitor(base)

  const guest = await visit('/page')
  check('a page shows a guest', shows(guest, 'User guest'), guest)
  check('getSession gives one session to a page', shows(guest, 'same true'), guest)
  const sent = await visit('/guarded')
  check('proxy may redirect', sent.status === 302 && sent.headers.get('Location').endsWith('/page'), sent)

  const entered = await submit('sign-in', { name: 'ada' })
  check('an action that redirects keeps a sign-in', entered.status === 303 && entered.set.includes('session'), entered)
  const page = await visit('/page')
  check('the next page shows the user', shows(page, 'User ada'), page)
  const guarded = await visit('/guarded')
  check('proxy lets the user pass', shows(guarded, 'Guarded, ada'), guarded)

  const noted = await submit('remember')
  check(
    'an action is saved without a call',
    noted.set.includes('session') === (store === 'cookies') && shows(noted, 'note kept'),
    noted,
  )

  const refused = await visit('/page?write')
  check(
    'a change in a component says where it belongs',
    refused.text.includes('in a server action, with action('),
    refused,
  )

  const before = untilOf(await visit('/page'))
  await sleep(3100) // longer than `touchAfter`
  const used = await visit('/page')
  check('proxy records the use of a page', used.set.includes('session'), used)
  check('proxy gives the page the new cookie', untilOf(used) > before, { before, after: untilOf(used) })
  await sleep(3100)
  const still = await visit('/static')
  check(
    'a static page that carries a cookie is for nobody else',
    isPrivate(still) && still.set.includes('session'),
    still,
  )
  const rewritten = await visit('/rewritten')
  check('a page that proxy rewrites to has the new cookie', shows(rewritten, 'User ada'), rewritten)

  const left = await submit('sign-out')
  check('a page after a sign-out, in one response, shows a guest', shows(left, 'User guest'), left)
  check('a sign-out of an action deletes the cookie', !jar.has('__Host-Http-session'), [...jar.keys()])

  await submit('sign-in', { name: 'ada' })
  const failed = await submit('sign-out-and-fail')
  check('an action that throws keeps a sign-out', failed.status === 500 && failed.set.includes('-session'), failed)

  await submit('sign-in', { name: 'ada' })
  const broken = await visit('/proxy-fails')
  check('proxy that throws keeps a sign-out', broken.status === 500 && broken.set.includes('-session'), broken)

  /** Submits a form of the page, with the hidden fields that Next adds. */
  async function submit(id, fields = {}) {
    const { text } = await visit('/page')
    const [, inside] = new RegExp(`<form id="${id}"[^>]*>(.*?)</form>`, 's').exec(text)
    const form = new FormData()
    for (const [input] of inside.matchAll(/<input type="hidden"[^>]*>/g))
      form.set(/name="([^"]*)"/.exec(input)[1], /value="([^"]*)"/.exec(input)?.[1].replaceAll('&quot;', '"') ?? '')
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return visit('/page', { form })
  }
}

const shows = ({ status, text }, words) => status === 200 && text.includes(words)
const untilOf = ({ text }) => Number(/until (\d+)/.exec(text)?.[1])
