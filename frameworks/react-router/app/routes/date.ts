import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/date'

export function loader({ context }: Route.LoaderArgs) {
  context.get(sessionContext).data['at'] = new Date()
  return new Response('ok')
}
