export { flaskFormat, type FlaskFormatOptions } from './flask-cookie.ts'
export { isTuple, Markup, tuple, Uuid, type Tuple } from './flask/faces.ts'
export {
  flaskSession,
  type FlaskSession,
  type FlaskSessionOptions,
  type FlaskSessionStore,
} from '../stores/flask-session.ts'
