import { readRoute, startFetch } from './fetch-apps.ts'

/** Cookies that an application in another language has written before. */
export interface FixtureApp {
  readonly cookieName: string
  /** Attributes of its cookie. @default a cookie that ends with the browser */
  readonly attributes?: string
  /**
   * The value of a user's cookie. The cart has the item `tea-ID`.
   *
   * @param earlier how often the user has signed in before. Each sign-in has another value.
   */
  signIn(userId: string, earlier: number): string
  /** The value of the cookie of a guest, whose cart has the item `jam`. */
  readonly guest: string
  /** Whether a value opens a session there. @default true */
  isLive?(value: string): boolean
}

/** Starts a server in the place of that application, with the routes of the suite. */
export function startFixtures({ cookieName, attributes = '', signIn, guest, isLive = () => true }: FixtureApp) {
  const users = new Map<string, string>()
  const signInAgain = (userId: string): string => {
    const value = signIn(userId, [...users.values()].filter((id) => id === userId).length)
    users.set(value, userId)
    return value
  }
  return startFetch(async (request) => {
    const { action, argument } = readRoute(request)
    const pairs = (request.headers.get('Cookie') ?? '').split('; ')
    const value = pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
    const isGuest = action === 'cart' && value === undefined
    const written = action === 'sign-in' ? signInAgain(argument) : isGuest ? guest : null
    const headers: Record<string, string> =
      written === null ? {} : { 'Set-Cookie': `${cookieName}=${written}; Path=/; HttpOnly; SameSite=Lax${attributes}` }
    const userId = value !== undefined && isLive(value) ? users.get(value) : null
    return Response.json({ userId }, { headers })
  })
}
