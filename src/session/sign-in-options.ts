import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'

/** How a user signs in. What is none of these, or of another type, throws `ERR_OPTIONS`. */
export interface SignInOptions<Data extends object = RegisteredData> {
  /**
   * Whether the session outlives the browser: pass on the tick of "Stay signed in".
   *
   * @default the option `remember` of `createSessions`
   */
  remember?: boolean | undefined
  /**
   * What to call this device in lists, such as `Firefox on Linux`. At most 40 characters are kept.
   *
   * @default null: none; or, when the same user signs in again, the one there is
   */
  label?: string | null | undefined
  /** Which keys of the guest's data come along; messages come in any case. @default all */
  carry?: readonly (keyof Data & string)[] | undefined
}

/** The options of a sign-in, with the label cut to its length. @throws `ERR_OPTIONS` for what they cannot be */
export function readSignInOptions<Data extends object>({
  remember,
  label,
  carry,
  ...unknownOptions
}: SignInOptions<Data>) {
  for (const name in unknownOptions) throwSignInOptionError(name, 'none of remember, label and carry')
  if (remember !== undefined && typeof remember !== 'boolean') throwSignInOptionError('remember', 'true or false')
  if (label != null && typeof label !== 'string') throwSignInOptionError('label', 'a text')
  if (carry !== undefined && !Array.isArray(carry)) throwSignInOptionError('carry', 'a list of keys')
  return { remember, carry, label: typeof label === 'string' ? [...label].slice(0, 40).join('') : label }
}

function throwSignInOptionError(name: string, what: string): never {
  throw new SojournError('ERR_OPTIONS', `The option ${name} of session.signIn is ${what}.`)
}
