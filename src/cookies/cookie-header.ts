/**
 * Returns all values of one cookie in a `Cookie` header. Names are compared exactly: case matters, nothing is
 * percent-decoded, and a cookie without a name never matches. Otherwise another cookie could pass for a `__Host-` cookie.
 */
export function readCookieValues(header: string, name: string): readonly string[] {
  let values: string[] | null = null
  const start = `${name}=`
  for (let at = header.indexOf(start); at !== -1; at = header.indexOf(start, at + 1)) {
    if (!beginsPair(header, at)) continue
    const semicolon = header.indexOf(';', at)
    let end = semicolon === -1 ? header.length : semicolon
    while (header[end - 1] === ' ' || header[end - 1] === '\t') end--
    const value = header.slice(at + start.length, end)
    // Most headers have one value. A list that grows takes room for 17.
    if (values === null) values = [value]
    else values.push(value)
  }
  return values ?? noValues
}

const noValues: readonly string[] = []

function beginsPair(header: string, at: number): boolean {
  let before = at - 1
  while (header[before] === ' ' || header[before] === '\t') before--
  return before < 0 || header[before] === ';'
}
