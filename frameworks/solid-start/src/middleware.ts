import { createMiddleware } from '@solidjs/start/middleware'
import { sojourn } from 'sojourn/h3'
import { sessions } from './sessions'

export default createMiddleware([sojourn(sessions)])
