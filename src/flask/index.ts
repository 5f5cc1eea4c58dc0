export { flaskFormat, type FlaskFormatOptions } from './cookie-format.ts'
export { isTuple, Markup, tuple, Uuid, type Tuple } from './python-types.ts'
export { flaskSession, type FlaskSession, type FlaskSessionOptions, type FlaskSessionStore } from './session-store.ts'
