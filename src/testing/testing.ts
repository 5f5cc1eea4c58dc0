import type { RegisteredData, Sessions, SignInOptions } from '../index.ts'

/** What a test's visitor is signed in with. */
export interface SignedInOptions<Data extends object = RegisteredData> extends Pick<
  SignInOptions<Data>,
  'remember' | 'label'
> {
  /** What the session holds. @default nothing */
  data?: Data | undefined
}

/**
 * Signs a user in without a browser, for tests of an application: resolves to a `Cookie` header that opens as that user.
 * Rejects as `signIn` and `commit` do: `ERR_USER_ID`, `ERR_OPTIONS`, `ERR_DATA`, `ERR_COOKIE_TOO_BIG`.
 *
 * @example
 * ```ts
 * const Cookie = await signedInAs(sessions, '42', { data: { cart: ['tea'] } })
 * const response = await app.request('/cart', { headers: { Cookie } })
 * ```
 */
export async function signedInAs<Data extends object>(
  sessions: Sessions<Data>,
  userId: string,
  { data, ...options }: SignedInOptions<Data> = {},
): Promise<string> {
  const session = await sessions.open(null)
  session.signIn(userId, options)
  if (data !== undefined) session.data = data
  const headers = await sessions.commit(session)
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

export { storeSuite, type OpenedStore, type StoreSuiteOptions } from './store-suite/store-suite.ts'
