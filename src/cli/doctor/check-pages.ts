import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'
import { compareClocks } from './check-clock.ts'
import { readKeyId } from '../../formats/sealed.ts'
import { checkResponse, setsSession } from './check-response.ts'
import { parseCookie } from './cookie-problems.ts'
import { finding, joinExaminations, type Examination, type Finding } from './finding.ts'

const timeoutMs = 10_000
const maxRedirects = 5
/** Each page is fetched so often, because several servers may answer behind one address. */
const fetchCount = 3

/** The keys and cookie names of this environment. */
export interface Own {
  readonly keyIds: readonly string[]
  readonly cookieNames: readonly string[]
}

type Fetch = (url: URL) => Promise<Response>

/** Fetches pages, and checks their cookies and headers, the redirect from http, and that all servers have the same key. */
export async function checkPages(
  addresses: readonly string[],
  own: Own,
  fetchPage: Fetch = fetchOnce,
): Promise<Examination> {
  const urls = addresses.map(parseUrl)
  const checked: Examination[] = []
  const keyIds = new Map<string, string>()
  for (const url of urls) {
    try {
      checked.push(await checkPage(url, own, fetchPage, keyIds))
      if (url.protocol === 'https:' && url.port === '') checked.push(await checkHttpRedirect(url, fetchPage))
    } catch (error) {
      if (error instanceof CommandError) throw error
      const sentence = `${url.href} does not answer: ${reasonOf(error)}.`
      checked.push({
        findings: [finding('page-down', 'outages', sentence, 'Start it, or correct the address.')],
        facts: [],
      })
    }
  }
  return joinExaminations([...checked, { findings: compareKeys(keyIds, own.keyIds), facts: [] }])
}

/** Follows redirects, and checks each response on the way. Records the key of each sealed cookie. */
async function checkPage(start: URL, own: Own, fetchPage: Fetch, keyIds: Map<string, string>): Promise<Examination> {
  const checked: Examination[] = []
  let url = start
  let hasSession = false
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const sentAt = Date.now()
    const response = await fetchPage(url)
    // The header has whole seconds.
    const date = Date.parse(response.headers.get('Date') ?? '') + 500
    if (!Number.isNaN(date)) checked.push(onlyFindings(compareClocks(url.host, date, sentAt, Date.now())))
    const recordKeys = ({ headers }: Response) => {
      for (const line of headers.getSetCookie()) {
        const id = readKeyId(parseCookie(line).value)
        if (id !== null) keyIds.set(id, url.href)
      }
    }
    recordKeys(response)
    hasSession ||= setsSession(response.headers, own.cookieNames)
    checked.push(checkResponse(url, response.headers, own.cookieNames))
    const location = response.headers.get('Location')
    if (location === null || response.status < 300 || response.status > 399) {
      for (let time = 1; time < fetchCount; time++) recordKeys(await fetchPage(url))
      break
    }
    url = new URL(location, url)
  }
  return joinExaminations([...checked, { findings: hasSession ? [] : [missingSession(start)], facts: [] }])
}

function missingSession({ href }: URL): Finding {
  const sentence = `${href} sets no session cookie, so the cookie and the key were not checked.`
  const fix = 'Name a page that sets one, such as the sign-in page. SESSION_COOKIE_NAME names a cookie of another name.'
  return finding('no-session-cookie', 'cookies', sentence, fix)
}

async function checkHttpRedirect(url: URL, fetchPage: Fetch): Promise<Examination> {
  const plain = new URL(url)
  plain.protocol = 'http:'
  const response = await fetchPage(plain).catch(() => null)
  if (response === null) return { findings: [], facts: [['http', `${plain.href} does not answer`]] }
  const location = response.headers.get('Location')
  if (location !== null && new URL(location, plain).protocol === 'https:')
    return { findings: [], facts: [['http', `${plain.href} redirects to https`]] }
  const sentence = `${plain.href} answers ${response.status} and does not redirect to https, so people may sign in over http.`
  const fix = 'Let the proxy redirect all of http to https, by 301 or 308.'
  return { findings: [finding('http-open', 'production', sentence, fix)], facts: [] }
}

function compareKeys(seen: ReadonlyMap<string, string>, ownIds: readonly string[]): Finding[] {
  const list = [...seen].map(([id, href]) => `${id} at ${href}`).join(', ')
  if (seen.size > 1) {
    const sentence = `Servers seal their cookies with different keys (key ids ${list}), so each signs out the users of the other.`
    return [finding('keys-differ', 'sharedKeys', sentence, 'Give all servers the same SECRET_KEY and fallbacks.')]
  }
  const foreign = [...seen.keys()].filter((id) => ownIds.length > 0 && !ownIds.includes(id))
  if (foreign.length === 0) return []
  const sentence = `The page's cookie is sealed with a key that this environment does not have (key id ${list}).`
  return [finding('keys-differ', 'sharedKeys', sentence, 'Give all servers the same SECRET_KEY and fallbacks.')]
}

const onlyFindings = ({ findings }: Examination): Examination => ({ findings, facts: [] })

function parseUrl(text: string): URL {
  const withScheme = /^\w+:\/\//.test(text) ? text : `https://${text}`
  if (URL.canParse(withScheme) && /^https?:$/.test(new URL(withScheme).protocol)) {
    const url = new URL(withScheme)
    if (url.username === '' && url.password === '') return url
  }
  throw new CommandError(
    2,
    `--url takes the address of a page, such as https://shop.example/login, not ${quoteForUser(text)}.`,
  )
}

async function fetchOnce(url: URL): Promise<Response> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  await response.body?.cancel()
  return response
}

function reasonOf(error: unknown): string {
  const { message, cause } = Object(error) as { message?: string; cause?: { message?: string; code?: string } }
  const text = String(cause?.message || cause?.code || message || error)
  if (/wrong version number/.test(text)) return 'it speaks http, not https'
  // OpenSSL's own messages are lines for its developers.
  return /\berror:[0-9A-F]{8}:/.test(text) && cause?.code ? cause.code : text.replace(/\.$/, '')
}
