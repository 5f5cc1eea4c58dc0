import { readRoute, startFetch } from './fetch-apps.ts'

/** Cookies that an application in another language has written before. */
export interface FixtureApp {
  readonly cookieName: string
  /** Attributes of its cookie. @default a cookie that ends with the browser */
  readonly attributes?: string
  /** The value of a user's cookie. The cart has the item `tea-ID`. */
  signIn(userId: string): string
  /** The value of the cookie of a guest, whose cart has the item `jam`. */
  readonly guest: string
  /** The user that a value is of; `null` if it opens nothing there. */
  userOf(value: string): string | null
}

/** Starts a server in the place of that application, with the routes of the suite. */
export const startFixtures = ({ cookieName, attributes = '', signIn, guest, userOf }: FixtureApp) =>
  startFetch(async (request) => {
    const { action, argument } = readRoute(request)
    const pairs = (request.headers.get('Cookie') ?? '').split('; ')
    const value = pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
    const isGuest = action === 'cart' && value === undefined
    const written = action === 'sign-in' ? signIn(argument) : isGuest ? guest : null
    const headers: Record<string, string> =
      written === null ? {} : { 'Set-Cookie': `${cookieName}=${written}; Path=/; HttpOnly; SameSite=Lax${attributes}` }
    return Response.json({ userId: value === undefined ? null : userOf(value) }, { headers })
  })
