import { CookieJar } from 'tough-cookie'

/** Where all servers are: behind one name. */
const address = 'https://shop.test/'
const verdicts = new Map<string, boolean>()

/** Whether the rules of real browsers allow a `Set-Cookie` line. Each is asked for once, because they take longer than a request. */
export function isAllowed(line: string): boolean {
  let verdict = verdicts.get(line)
  if (verdict === undefined) {
    const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
    jar.setCookieSync(line, address, { ignoreError: true })
    verdict = jar.getCookieStringSync(address) !== ''
    verdicts.set(line, verdict)
  }
  return verdict
}
