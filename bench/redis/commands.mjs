/** Finds the names of the commands in what a client sends, chunk by chunk: each is an array of texts with their lengths. */
export function commandsIn() {
  let rest = ''
  /** @param {Buffer} chunk */
  return function namesIn(chunk) {
    rest += chunk.latin1Slice()
    const names = []
    for (let end = endOf(rest); end !== null; end = endOf(rest)) {
      names.push(/^\*\d+\r\n\$\d+\r\n(\S+)/.exec(rest)[1].toUpperCase())
      rest = rest.slice(end)
    }
    return names
  }
}

/** Where the first command of a text ends; `null` where it does not. */
function endOf(text) {
  let at = text.indexOf('\r\n')
  if (at === -1) return null
  let parts = Number(text.slice(1, at))
  at += 2
  for (; parts > 0; parts--) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    at = lineEnd + 2 + Number(text.slice(at + 1, lineEnd)) + 2
  }
  return at > text.length ? null : at
}
