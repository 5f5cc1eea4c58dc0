import { optionsError, SojournError } from '../../core/errors.ts'
import type { IronPasswords } from './iron.ts'

/** Checks the password of iron's seals. @throws `ERR_SECRET_MISSING`; `ERR_OPTIONS` if it is neither text nor texts by id */
export function checkIronPasswords(
  caller: string,
  passwords: IronPasswords | undefined,
): asserts passwords is IronPasswords {
  const list = typeof passwords === 'object' && passwords !== null ? Object.values(passwords) : [passwords]
  if (list.length === 0 || list.some((each) => each === undefined || each === null || each === '')) {
    throw new SojournError(
      'ERR_SECRET_MISSING',
      `password of ${caller} is missing or empty. It must be exactly that of the application whose sessions are adopted.`,
    )
  }
  if (!list.every((each) => typeof each === 'string')) throw optionsError(`password of ${caller} must be text.`)
}
