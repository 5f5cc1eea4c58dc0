import { flaskFormat, type FlaskFormatOptions } from '../../src/flask/index.ts'
import type { Session, SessionsOptions } from '../../src/index.ts'
import { cookiesOf } from './browser.ts'
import { stoppedClock } from './clock.ts'
import { flaskCookie, jsonIn } from './flask-cookies.ts'
import { request, secret, world } from './sessions.ts'

export const secretKey = secret('shared')
export const noon = stoppedClock().now()

/** Sessions in Flask's cookie. */
export function flask(options: Partial<FlaskFormatOptions> = {}, sessions: SessionsOptions = {}) {
  return world({ format: flaskFormat({ secretKey, ...options }), secrets: undefined, ...sessions })
}

/** The session that is read from Flask's cookie. */
export async function reads<Value>(came: string, read: (session: Session) => Value): Promise<Value> {
  return read(await flask().sessions.open(`session=${flaskCookie(came, secretKey, noon)}`))
}

/** The session after a request, as its JSON, of one that Flask wrote. */
export async function becomes(
  came: string | null,
  handle: (session: Session) => void = (session) => void session.data,
): Promise<string> {
  const { sessions } = flask({}, { touchAfter: 0 })
  const header = came === null ? null : `session=${flaskCookie(came, secretKey, noon)}`
  return jsonIn(cookiesOf(await request(sessions, header, handle))['session']!)
}
