import { contents } from '../contents.mjs'

/**
 * What every server answers, given a session's data as an object. The first does not touch it: servers whose library
 * opens sessions only where it is asked to do not ask for it.
 *
 * @type {Record<string, (data: any) => string>}
 */
export const answers = {
  '/plain': () => 'ok',
  '/read': (data) => String(data.personId ?? 'guest'),
  '/count': (data) => String((data.count = (data.count ?? 0) + 1)),
  '/begin/small': (data) => begin(data, contents.small.make()),
  '/begin/1KB': (data) => begin(data, contents['1 KB'].make()),
}

/** The same for sessions that are read with `get` and changed with `set`. */
export const answersOfMap = {
  ...answers,
  '/read': (session) => String(session.get('personId') ?? 'guest'),
  '/count'(session) {
    const count = (session.get('count') ?? 0) + 1
    session.set('count', count)
    return String(count)
  },
  '/begin/small': (session) => beginMap(session, contents.small.make()),
  '/begin/1KB': (session) => beginMap(session, contents['1 KB'].make()),
}

/** Of a server without sessions. */
export const bareAnswers = Object.fromEntries(Object.keys(answers).map((path) => [path, () => '1']))

export const paths = Object.keys(answers)
export const begins = (path) => path.startsWith('/begin')
export const password = 'a secret of thirty-two characters'

function begin(data, content) {
  Object.assign(data, { personId: 42 }, content)
  return 'ok'
}

function beginMap(session, content) {
  for (const [key, value] of Object.entries({ personId: 42, ...content })) session.set(key, value)
  return 'ok'
}
