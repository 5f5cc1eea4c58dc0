import { NextResponse } from 'next/server'
import { proxy as createProxy } from './lib/session'

export const proxy = createProxy((request, session) => {
  if (request.url.endsWith('/guarded') && session.userId === null)
    return NextResponse.redirect(new URL('/page', request.url))
})
export const config = { matcher: ['/page', '/guarded'] }
