import { mapOf, samples } from '../../sample-data.mjs'

export const paths = ['/plain', '/read', '/count', '/begin/small', '/begin/large']

const isBegin = (path) => path.startsWith('/begin/')

/**
 * Handles a request and returns the text of the response. `/plain` must not touch the session: some libraries open it
 * only if it is used.
 */
export function handle(path, getSession) {
  if (path === '/plain') return 'ok'
  const session = getSession()
  if (path === '/read') return String(session.get('personId') ?? 'guest')
  if (path === '/count') {
    const count = (session.get('count') ?? 0) + 1
    session.set('count', count)
    return String(count)
  }
  const { create } = samples[path.slice('/begin/'.length)]
  for (const [key, value] of Object.entries({ personId: 42, ...create() })) session.set(key, value)
  return 'ok'
}

let nextUser = 100_000

/** Handles a request with a session of Sojourn. */
export function handleSojourn(path, getSession) {
  if (isBegin(path)) getSession().signIn(String(nextUser++))
  return handle(path, () => mapOf(getSession().data))
}
