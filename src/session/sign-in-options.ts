import { optionsError, SojournError } from '../core/errors.ts'
import { checkOptionNames } from '../core/check-options.ts'
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
  /** The keys of the guest's data to copy into the new session. Messages are always copied. @default all keys */
  carry?: readonly (keyof Data & string)[] | undefined
}

const signInOptionNames = ['remember', 'label', 'carry']

/** Reads the options of a sign-in, and cuts the label to its length. @throws `ERR_OPTIONS` */
export function readSignInOptions<Data extends object>(options: SignInOptions<Data>) {
  checkOptionNames('session.signIn', options, signInOptionNames)
  const { remember, label, carry } = options
  if (remember !== undefined && typeof remember !== 'boolean') throw signInOptionError('remember', 'true or false')
  if (label != null && typeof label !== 'string') throw signInOptionError('label', 'a string')
  if (carry !== undefined && !Array.isArray(carry)) throw signInOptionError('carry', 'a list of keys')
  return { remember, carry, label: typeof label === 'string' ? [...label].slice(0, 40).join('') : label }
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
