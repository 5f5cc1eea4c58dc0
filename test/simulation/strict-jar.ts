import { CookieJar } from 'tough-cookie'
import type { Jar } from './people.ts'

/** Where all servers are: behind one name. */
const address = 'https://shop.test/'

/** A jar with the rules of real browsers. It ignores cookies that break them. */
export function createStrictJar(): Jar {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  return {
    take: (line) => void jar.setCookieSync(line, address, { ignoreError: true }),
    header: () => jar.getCookieStringSync(address),
  }
}
