import { readCookieValues } from '../../cookies/cookie-header.ts'
import { isCookieName } from '../../cookies/cookie-options.ts'

/** Our cookie out of a line that somebody pasted: its values, and the names that it can have been set under. */
export interface CookieInput {
  readonly names: readonly string[]
  readonly values: readonly string[]
  /** The name that the line gives it, where that is none of ours and nobody asked for it. */
  readonly unknownName: string | null
  /** Our other cookies in the line, which nothing was asked about. */
  readonly otherCookies: readonly { readonly name: string; readonly values: readonly string[] }[]
}

/** What helps to find our cookie. */
export interface SearchOptions {
  /** The one name it can have; `undefined` for any. */
  readonly onlyName: string | undefined
  /** The names it has unless told otherwise; the first that a line has is taken. */
  readonly usualNames: readonly string[]
  isToken(value: string): boolean
}

/** Reads a value, `name=value`, or a line `Cookie: …` or `Set-Cookie: …` as browsers' tools and curl show it. */
export function readCookie(line: string, { onlyName, usualNames, isToken }: SearchOptions): CookieInput {
  const text = withoutQuotes(line.trim().replace(/^[<>*]\s+/, ''))
  const [label = '', set] = /^(set-)?cookie:\s*/i.exec(text) ?? []
  const cookies = text.slice(label.length)
  const names = onlyName === undefined ? usualNames : [onlyName]
  const toInput = (names: readonly string[], values: readonly string[]) => ({
    names,
    values,
    unknownName: null,
    otherCookies: [],
  })
  const parts = cookies.split(';').map((part) => part.trim())
  const first = parts[0]!
  if (label === '' && isBareValue(first)) return toInput(names, [first])

  const findOthers = (ours: string) =>
    onlyName === undefined ? findNamed([...usualNames, `${ours}-guest`, ours.replace(/-guest$/, '')], ours) : []
  for (const name of names) {
    const values = readCookieValues(cookies, name)
    if (values.length > 0) return { ...toInput([name], values), otherCookies: findOthers(name) }
  }
  if (onlyName !== undefined) return toInput(names, [])

  // Under a name of the application's own.
  const pairs = parts
    .map((part) => ({ part, equals: part.indexOf('=') }))
    .map(({ part, equals }) => ({ name: part.slice(0, Math.max(equals, 0)), value: part.slice(equals + 1) }))
    .filter(({ name }) => isCookieName(name))
  const isSingle = set !== undefined || (label === '' && pairs.every(({ name }) => name === pairs[0]?.name))
  const ownName = (pairs.find(({ value }) => isToken(value)) ?? (isSingle ? pairs[0] : undefined))?.name
  if (ownName === undefined) return toInput(names, [])
  const values = pairs.filter(({ name }) => name === ownName).map(({ value }) => value)
  return { names: [ownName], values, unknownName: ownName, otherCookies: findOthers(ownName) }

  function findNamed(names: readonly string[], ours: string): CookieInput['otherCookies'] {
    return [...new Set(names)]
      .filter((name) => name !== ours)
      .map((name) => ({ name, values: readCookieValues(cookies, name) }))
      .filter(({ values }) => values.length > 0)
  }
}

// A token has no equals sign, although other spellings of base64 end with some.
const isBareValue = (text: string): boolean =>
  !text.includes('=') || /^([\w+/-]{48,}|\.?[\w+/-]*\.[\w+/-]*\.[\w+/-]{27})={1,2}$/.test(text)

const withoutQuotes = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text
