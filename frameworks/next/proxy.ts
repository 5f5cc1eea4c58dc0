import { NextResponse, type NextRequest } from 'next/server'
import { proxy as createProxy } from './lib/session'

export const proxy = createProxy((request: NextRequest, session) => {
  switch (request.nextUrl.pathname) {
    case '/guarded':
      // Its headers cannot be changed.
      if (session.userId === null) return Response.redirect(new URL('/page', request.url))
      break
    case '/rewritten':
      session.renew()
      return NextResponse.rewrite(new URL('/page', request.url))
    case '/proxy-fails':
      session.signOut()
      throw new Error('a mistake in proxy')
  }
})
export const config = { matcher: ['/page', '/guarded', '/rewritten', '/proxy-fails', '/static'] }
