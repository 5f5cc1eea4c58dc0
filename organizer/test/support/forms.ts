/** The form in the content of a page: its action and its hidden fields. */
export function formOf(page: string) {
  const [, action = '', fields = ''] = /<main.*?<form [^>]*action="([^"]*)"(.*?)<\/form>/s.exec(page) ?? []
  const hidden = [...fields.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  return {
    action: decode(action),
    hidden: Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, decode(value)])),
  }
}

const decode = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

export function csrfOf(page: string): string {
  return /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
}
