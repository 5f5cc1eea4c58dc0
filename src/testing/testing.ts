import type { RegisteredData, Sessions, SignInOptions } from '../index.ts'

/** Options of {@link signedInAs}. */
export interface SignedInOptions<Data extends object = RegisteredData> extends Pick<
  SignInOptions<Data>,
  'remember' | 'label'
> {
  /** The session's data. @default no data */
  data?: Data | undefined
}

/**
 * Signs a user in without a browser, to test an application. Resolves to the value of a `Cookie` header with which the user is
 * signed in.
 *
 * @throws what `signIn` and `commit` throw: `ERR_USER_ID`, `ERR_OPTIONS`, `ERR_DATA`, `ERR_COOKIE_TOO_BIG`,
 * `ERR_SESSION_UNAVAILABLE`
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
export type { SimulateOptions, SimulationResult } from './simulation/run-schedules.ts'
export { simulate } from './simulation/simulate.ts'
