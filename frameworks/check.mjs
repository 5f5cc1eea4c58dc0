// The visits that every framework must pass: the same as a browser's, with cookies of its own.

/** A browser that follows no redirect. */
export function createVisitor(base) {
  const jar = new Map()
  return {
    jar,
    async visit(path, { form, headers = {} } = {}) {
      const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(base + path, {
        ...(form && { method: 'POST', body: form }),
        redirect: 'manual',
        headers: { ...(cookie && { cookie }), accept: 'text/html', origin: base, ...headers },
        signal: AbortSignal.timeout(10_000),
      })
      const set = []
      for (const line of response.headers.getSetCookie()) {
        const [pair] = line.split(';', 1)
        const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
        const isDeleted = value === '' || /max-age=0(;|$)/i.test(line)
        if (isDeleted) jar.delete(name)
        else jar.set(name, value)
        set.push(isDeleted ? `-${plainName(name)}` : plainName(name))
      }
      const text = await response.text().catch((error) => `The body broke off: ${error.message}`)
      return { status: response.status, text, set, headers: response.headers }
    },
  }
}

/** Without the prefix that the cookie has in production. */
const plainName = (name) => name.replace(/^__\w+-(Http-)?/, '')

/** Collects the results of checks. */
export function createChecks() {
  const failures = []
  let passed = 0
  return {
    failures,
    passed: () => passed,
    check(name, isRight, got) {
      if (isRight) passed++
      else
        failures.push(`${name}: ${JSON.stringify(got, (_, value) => (value instanceof Headers ? [...value] : value))}`)
    },
  }
}

export const formOf = (fields) => new URLSearchParams(fields)

/** Whether no cache stores a response. */
export const isPrivate = ({ headers }) => /no-store/.test(headers.get('Cache-Control'))

/**
 * Visits a server whose sessions work. Returns the cookies of a user.
 *
 * @param {boolean} hasStore whether sessions are in a store, so that a copy of a cookie is out after the sign-out
 */
export async function checkServer(base, { check }, hasStore) {
  const { visit, jar } = createVisitor(base)

  const first = await visit('/')
  check('a guest gets a cookie', first.text.includes('Visit 1 of a guest') && first.set.includes('guest'), first)
  check(
    'a page that reads the session is private',
    isPrivate(first) && /cookie/i.test(first.headers.get('Vary')),
    first,
  )
  const second = await visit('/')
  check('a guest is known again', second.text.includes('Visit 2 of a guest'), second)
  const plain = await visit('/plain')
  check('a page without a session sets no cookie', plain.status === 200 && plain.set.length === 0, plain)

  const entered = await visit('/login', { form: formOf({ name: '42' }) })
  check('a sign-in redirects', [302, 303, 307].includes(entered.status), entered)
  check('a sign-in sets a cookie, and deletes the guest’s', entered.set.toSorted().join() === '-guest,session', entered)
  const third = await visit('/')
  check('the user is in, with the guest’s data', third.text.includes('Visit 3 of 42'), third)

  await visit('/flash', { form: formOf({}) })
  const flashed = await visit('/flashes')
  check('a flash message is shown', flashed.text.includes('hello'), flashed)
  const empty = await visit('/flashes')
  check('a flash message is shown once', !empty.text.includes('hello'), empty)

  const read = await visit('/read')
  check('a page that only reads sets no cookie', read.text.includes('42') && read.set.length === 0, read)
  const own = await visit('/own-cookie')
  check('the application’s own cookie is sent beside ours', own.set.toSorted().join() === 'session,theme', own)
  const stream = await visit('/stream')
  check('a stream is whole, after its cookie', stream.set.includes('session') && stream.text.includes('last'), stream)

  const date = await visit('/date')
  check('data that is no JSON is a 500', date.status === 500, date)
  const thrown = await visit('/throw')
  check('an error of a handler is a 500', thrown.status === 500 && !thrown.set.includes('session'), thrown)
  const after = await visit('/read')
  check('the user is still in after errors', after.text.includes('42'), after)

  const copy = new Map(jar)
  const left = await visit('/logout', { form: formOf({}) })
  check('a sign-out deletes the cookie', left.set.includes('-session'), left)
  const last = await visit('/')
  check('a sign-out leaves a new guest', last.text.includes('Visit 1 of a guest'), last)
  if (hasStore) {
    const thief = createVisitor(base)
    for (const [name, value] of copy) thief.jar.set(name, value)
    const stolen = await thief.visit('/read')
    check(
      'a copy of the cookie is out after the sign-out',
      stolen.status === 200 && !stolen.text.includes('42'),
      stolen,
    )
  }
  await checkDevices(base, { check }, hasStore)
  return copy
}

/** Signs in on three devices, and out from another one. Without a store, the cookies cannot be listed. */
async function checkDevices(base, { check }, hasStore) {
  const visitors = [createVisitor(base), createVisitor(base), createVisitor(base)]
  const [laptop, phone, tablet] = visitors
  const signIn = ({ visit }) => visit('/login', { form: formOf({ name: 'grace' }) })
  for (const visitor of visitors) await signIn(visitor)
  const listed = await laptop.visit('/devices')
  if (!hasStore) return check('without a store there is no list of devices', listed.status === 404, listed)

  const devices = JSON.parse(listed.text)
  const areThree = devices.length === 3 && devices.filter(({ isThis }) => isThis).length === 1
  check('a user has a list of devices', areThree && isPrivate(listed), listed)
  const signOut = (end) => laptop.visit('/devices', { form: formOf({ end }) })
  const usersIn = async () => {
    const pages = await Promise.all(visitors.map(({ visit }) => visit('/read')))
    return pages.map(({ status, text }) => (status === 200 && text.includes('grace') ? 'in' : 'out')).join()
  }
  const phones = JSON.parse((await phone.visit('/devices')).text)
  const ended = await signOut(phones.find(({ isThis }) => isThis).id)
  const afterOne = await usersIn()
  check('a device can be signed out from another', ended.status < 400 && afterOne === 'in,out,in', { ended, afterOne })
  const endedOthers = await signOut('others')
  const afterOthers = await usersIn()
  check('all other devices can be signed out', afterOthers === 'in,out,out', { endedOthers, afterOthers })
  await signIn(tablet)
  const endedAll = await signOut('all')
  const afterAll = await usersIn()
  check('a sign-out everywhere deletes the cookie', endedAll.set.includes('-session'), endedAll)
  check('a sign-out everywhere signs out all devices', afterAll === 'out,out,out', { endedAll, afterAll })
}

/** Visits a server whose store does not answer, with the cookies of a user. */
export async function checkOutage(base, path, cookies, { check }) {
  const { visit, jar } = createVisitor(base)
  for (const [name, value] of cookies) jar.set(name, value)
  const page = await visit(path)
  check(`${path} is a 503 if the store does not answer`, page.status === 503 && page.set.length === 0, page)
  const plain = await visit('/plain')
  check('a page without a session goes on', plain.status === 200, plain)
}
