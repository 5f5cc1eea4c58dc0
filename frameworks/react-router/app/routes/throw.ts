import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/throw'

export function loader({ context }: Route.LoaderArgs) {
  context.get(sessionContext).data['lost'] = true
  throw new Error('a mistake in a loader')
}
