import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/own-cookie'

export function loader({ context }: Route.LoaderArgs) {
  context.get(sessionContext).renew()
  return new Response('ok', { headers: { 'Set-Cookie': 'theme=dark; Path=/' } })
}
