import { Links, Meta, Outlet, Scripts } from 'react-router'
import { sojourn } from 'sojourn/react-router'
import type { Route } from './+types/root'
import { sessions } from './session.server'

export const middleware: Route.MiddlewareFunction[] = [sojourn(sessions)]

export default function Root() {
  return (
    <html lang="en">
      <head>
        <Meta />
        <Links />
      </head>
      <body>
        <Outlet />
        <Scripts />
      </body>
    </html>
  )
}
