import { readCookieValues } from '../../cookies/cookie-header.ts'
import { isCookieName } from '../../cookies/cookie-options.ts'

/** Our cookie from a line that the user pasted: its values, and the names that it may have. */
export interface CookieInput {
  readonly names: readonly string[]
  readonly values: readonly string[]
  /** The name in the line, if it is not a usual name and the user did not pass it with --name. */
  readonly unknownName: string | null
  /** Our other cookies in the line. */
  readonly otherCookies: readonly { readonly name: string; readonly values: readonly string[] }[]
}

/** How to find our cookie in a line. */
export interface SearchOptions {
  /** The name from --name; `undefined` for any. */
  readonly onlyName: string | undefined
  /** The default names. The first one that the line contains is used. */
  readonly usualNames: readonly string[]
  isToken(value: string): boolean
}

/** Reads a value, `name=value`, or a `Cookie: …` or `Set-Cookie: …` line as in developer tools and curl. */
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

  // The application may use its own cookie name.
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

// Our tokens contain no equals sign, but other base64 encoders append some.
const isBareValue = (text: string): boolean =>
  !text.includes('=') || /^([\w+/-]{48,}|\.?[\w+/-]*\.[\w+/-]*\.[\w+/-]{27})={1,2}$/.test(text)

const withoutQuotes = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text
