/*
 * Everything about Flask. The two formats that share sessions with a Flask application:
 *
 * - cookie-format.ts: Flask's own signed cookie, built from signature.ts, compression.ts and json/ (Flask's tagged JSON)
 * - session-store.ts: Flask-Session, built from session-format.ts (its cookie, with sid.ts) and records/ (its records in
 *   Redis, whose values are in msgpack/)
 *
 * from/ adopts sessions of both into Sojourn's own cookie: `sojourn/from/flask` and `sojourn/from/flask-session`.
 */
export { flaskFormat, type FlaskFormatOptions } from './cookie-format.ts'
export { isTuple, Markup, tuple, Uuid, type Tuple } from './python-types.ts'
export { flaskSession, type FlaskSession, type FlaskSessionOptions, type FlaskSessionStore } from './session-store.ts'
