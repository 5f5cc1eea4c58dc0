import { optionsError, SojournError } from '../core/errors.ts'
import { checkOptionNames, checkSeconds } from '../core/check-options.ts'
import type { RegisteredData } from '../core/session-data-type.ts'

/** Options of `session.signIn`. An unknown option, or a value of another type, throws `ERR_OPTIONS`. */
export interface SignInOptions<Data extends object = RegisteredData> {
  /**
   * Whether the session outlives the browser. Pass the value of the checkbox "Stay signed in".
   *
   * @default the option `remember` of `createSessions`
   */
  remember?: boolean | undefined
  /**
   * The name of this device in lists, such as `Firefox on Linux`. It is cut to 40 characters.
   *
   * @default null, no name; if the same user signs in again, the present name
   */
  label?: string | null | undefined
  /**
   * How the user proved who they are, such as `pwd`, `otp` or `hwk`: see `session.confirm`. Not kept with Flask's formats.
   *
   * @default none: `confirmedWithin` knows only that the user signed in
   */
  method?: string | undefined
  /**
   * Ends this session after so many seconds without use, 1 or more. It never lengthens the option of `createSessions`. Ignored
   * with Flask's formats.
   *
   * @default the option `idleTimeout` of `createSessions`; if the same user signs in again, the session's present timeout
   */
  idleTimeout?: number | undefined
  /**
   * Ends this session so many seconds after the sign-in, 1 or more. It never lengthens the option of `createSessions`.
   * Ignored with Flask's formats.
   *
   * @default the option `absoluteTimeout` of `createSessions`; if the same user signs in again, the session's present timeout
   */
  absoluteTimeout?: number | undefined
  /** The keys of the guest's data to copy into the new session. Messages are always copied. @default all keys */
  carry?: readonly (keyof Data & string)[] | undefined
}

const signInOptionNames = ['remember', 'label', 'method', 'idleTimeout', 'absoluteTimeout', 'carry']

/** The options of a sign-in, after their checks. */
export type CheckedSignInOptions = ReturnType<typeof readSignInOptions>

/** Reads the options of a sign-in, and cuts the label to its length. @throws `ERR_OPTIONS` */
export function readSignInOptions<Data extends object>(options: SignInOptions<Data>) {
  checkOptionNames('session.signIn', options, signInOptionNames)
  const { remember, label, method, idleTimeout, absoluteTimeout, carry } = options
  if (remember !== undefined && typeof remember !== 'boolean') throw signInOptionError('remember', 'true or false')
  if (label != null && typeof label !== 'string') throw signInOptionError('label', 'a string')
  if (carry !== undefined && !Array.isArray(carry)) throw signInOptionError('carry', 'a list of keys')
  if (method !== undefined) checkMethod(method)
  if (idleTimeout !== undefined) checkSeconds('idleTimeout', idleTimeout, 1)
  if (absoluteTimeout !== undefined) checkSeconds('absoluteTimeout', absoluteTimeout, 1)
  return {
    remember,
    carry,
    method,
    idleTimeout,
    absoluteTimeout,
    label: typeof label === 'string' ? [...label].slice(0, 40).join('') : label,
  }
}

function signInOptionError(name: string, type: string): SojournError {
  return optionsError(`The option ${name} of session.signIn must be ${type}.`)
}

/** Checks the argument of a sign-in. @throws `ERR_USER_ID` */
export function checkUserId(userId: unknown): void {
  if (typeof userId === 'string' && userId !== '') return
  const actual = userId === '' ? 'an empty string' : typeof userId
  throw new SojournError(
    'ERR_USER_ID',
    `session.signIn takes the user's id as a non-empty string, such as String(user.id); not ${actual}.`,
  )
}

/** Checks the name of a method. @throws `ERR_OPTIONS` */
export function checkMethod(method: unknown): void {
  if (typeof method === 'string' && /^[\w.:-]{1,32}$/.test(method)) return
  throw optionsError('A method is named by 1 to 32 letters, digits or . : _ - such as "totp".')
}
