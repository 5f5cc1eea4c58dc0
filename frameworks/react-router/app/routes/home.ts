import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/home'

export function loader({ context }: Route.LoaderArgs) {
  const session = context.get(sessionContext)
  session.data.visits = (session.data.visits ?? 0) + 1
  return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
}
